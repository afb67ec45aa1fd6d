// Time: the day slider, the histogram above it, and how much is shown around the day. Draws; chooses nothing itself.

import { snapshotOn } from "./data.js";
import { byId, h, svg } from "./dom.js";
import { theme } from "./map.js";
import { tone } from "./style.js";
import { dayLong, dayShort, plural, span, windowTitle } from "./words.js";

const SPANS = [
  ["window", "Whole period"],
  ["week", "±7 days"],
  ["day", "This day"],
];
const PLAY_MS = 220;
const HEIGHT = 44;
const MOST_BARS = 56;

/** Make the time bar. `onChange` gets the part of the state that changed. Returns `update(state)`. */
export function createTime(data, { onChange }) {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const view = {};
  let state = null;
  let timer = null;

  const window_ = () => data.windowByName.get(state.window);
  const step = (by) => {
    const { from, to } = window_();
    const day = Math.min(Math.max(state.day + by, from), to);
    if (day === state.day) stop();
    else onChange({ day });
  };
  const stop = () => {
    clearInterval(timer);
    timer = null;
    view.play.textContent = "▶";
    view.play.setAttribute("aria-label", "Play day by day");
  };
  const play = () => {
    if (timer) return stop();
    if (state.day >= window_().to) onChange({ day: window_().from });
    // Who asked for less motion gets weeks at a calm pace, not a film.
    timer = setInterval(() => step(still.matches ? 7 : 1), still.matches ? 1500 : PLAY_MS);
    view.play.textContent = "❚❚";
    view.play.setAttribute("aria-label", "Pause");
  };

  view.day = h("p", { class: "day" });
  view.map = h("p", { class: "snapshot" });
  view.play = h("button", { type: "button", class: "round", "aria-label": "Play day by day", onclick: play }, "▶");
  view.slider = h("input", {
    type: "range", step: 1, "aria-label": "Day of the control map",
    oninput: () => { stop(); onChange({ day: Number(view.slider.value) }); },
  });
  view.bars = svg("svg", { class: "bars", preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" });
  view.marks = h("div", { class: "marks", "aria-hidden": "true" });
  view.ends = h("p", { class: "ends" });
  view.spans = SPANS.map(([name, label]) =>
    h("button", { type: "button", "data-span": name, onclick: () => onChange({ span: name }) }, label));
  byId("time").replaceChildren(
    h("div", { class: "now" },
      h("div", { class: "steps" },
        h("button", { type: "button", class: "round", "aria-label": "Day before", onclick: () => { stop(); step(-1); } }, "‹"),
        view.play,
        h("button", { type: "button", class: "round", "aria-label": "Day after", onclick: () => { stop(); step(1); } }, "›")),
      h("div", { class: "said" }, view.day, view.map),
      h("div", { class: "segments", role: "group", "aria-label": "Strikes shown" }, ...view.spans)),
    h("div", { class: "track" }, view.bars, view.marks, view.slider),
    view.ends,
  );

  return function update(next) {
    const rebuilt = !state || state.window !== next.window || state.source !== next.source;
    state = next;
    const { from, to } = window_();
    if (rebuilt) {
      view.slider.min = from;
      view.slider.max = to;
      drawBars(data, state, view);
      drawMarks(data, from, to, view);
      view.ends.replaceChildren(h("span", {}, dayShort(from)), h("span", {}, dayShort(to)));
    }
    view.slider.value = state.day;
    const snapshot = snapshotOn(data, state.day);
    const age = snapshot === null ? "no control map in force" : mapAge(state.day - snapshot);
    view.slider.setAttribute("aria-valuetext", `${dayLong(state.day)}, ${age}`);
    view.day.textContent = dayShort(state.day);
    view.map.textContent = `Ground: ${age}`;
    for (const button of view.spans) button.setAttribute("aria-pressed", String(button.dataset.span === state.span));
    shade(view, state, from, to);
  };
}

const mapAge = (days) => (days === 0 ? "control map of this day" : `control map ${plural(days, "day")} old`);

/** Bars by day, stacked by who held the ground; in long periods by so many days that a bar can be seen. */
function drawBars(data, state, view) {
  const { from, to } = data.windowByName.get(state.window);
  const bin = Math.max(1, Math.ceil((to - from + 1) / MOST_BARS));
  const order = new Map(data.controllers.map((controller, index) => [controller.name, index]));
  const bins = new Map();
  for (const [day, controller, strikes] of data.days[state.source] ?? []) {
    if (day < from || day > to) continue;
    const at = Math.floor((day - from) / bin);
    const stack = bins.get(at) ?? new Map();
    bins.set(at, stack.set(controller, (stack.get(controller) ?? 0) + strikes));
  }
  const most = Math.max(1e-9, ...[...bins.values()].map((stack) => [...stack.values()].reduce((a, b) => a + b, 0)));
  view.bars.setAttribute("viewBox", `0 0 ${to - from + 1} ${HEIGHT}`);
  const bars = [];
  for (const [at, stack] of bins) {
    let top = HEIGHT;
    const parts = [...stack].sort(([a], [b]) => (order.get(a) ?? 99) - (order.get(b) ?? 99));
    for (const [controller, strikes] of parts) {
      const height = (strikes / most) * (HEIGHT - 2);
      top -= height;
      const colour = data.controllerByName.get(controller)?.colour ?? "#8d929a";
      bars.push(svg("rect", {
        x: at * bin + 0.06 * bin, y: top, width: 0.88 * bin, height, fill: tone(colour, theme()), "data-day": from + at * bin, "data-last": from + (at + 1) * bin - 1,
      }));
    }
  }
  view.bars.replaceChildren(...bars);
}

function drawMarks(data, from, to, view) {
  const events = data.events.filter((event) => event.day > from && event.day < to);
  view.marks.replaceChildren(...events.map((event) => {
    const share = (event.day - from) / (to - from);
    const mark = h("span", { class: share > 0.6 ? "mark before" : "mark" }, h("i", {}), h("b", {}, event.title));
    mark.style.left = `${100 * share}%`;
    return mark;
  }));
}

/** Days that are not shown are paler. */
function shade(view, state, from, to) {
  const reach = { window: to - from, week: 7, day: 0 }[state.span];
  for (const bar of view.bars.children) {
    const first = Number(bar.dataset.day);
    const last = Number(bar.dataset.last);
    bar.setAttribute("opacity", first <= state.day + reach && last >= state.day - reach ? 1 : 0.28);
  }
}

/** What is shown, in words: for the legend and the table. */
export function shownTitle(data, state) {
  if (state.span === "day") return `on ${dayShort(state.day)}`;
  if (state.span === "week") return span(state.day - 7, state.day + 7);
  return windowTitle(data.windowByName.get(state.window));
}
