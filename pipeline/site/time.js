// Time: the histogram by day, the brush over it that chooses the days shown, steps and play. Draws; chooses nothing itself.

import { snapshotOn } from "./data.js";
import { byId, h, svg } from "./dom.js";
import { spreadByDay } from "./figures.js";
import { theme } from "./map.js";
import { strikesOf } from "./selection.js";
import { tone } from "./style.js";
import { dayLong, dayShort, plural, span, windowTitle } from "./words.js";

// Widths of the brush in days; null is the whole period.
const WIDTHS = [
  [null, "Whole period"],
  [28, "4 weeks"],
  [7, "Week"],
  [1, "Day"],
];
const PLAY_MS = 220;
const HEIGHT = 44;
const MOST_BARS = 120;
// Before the first day of any strike.
const EARLIEST = -1e6;

/** Make the time bar. `onChange` gets the part of the state that changed. Returns `update(state)`. */
export function createTime(data, { onChange }) {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const view = {};
  let state = null;
  let timer = null;
  // Whether a step moves the end alone, so that the days shown are all those up to it.
  let grows = true;
  let drawn = null;

  const period = () => data.windowByName.get(state.window);
  const choose = (from, to) => {
    const { from: first, to: last } = period();
    const end = Math.min(Math.max(to, first), last);
    const start = Math.min(Math.max(from, first), end);
    if (start !== state.from || end !== state.to) onChange({ from: start, to: end });
  };
  const step = (by) => {
    const { from: first, to: last } = period();
    const to = Math.min(Math.max(state.to + by, grows ? first : first + state.to - state.from), last);
    if (to === state.to) stop();
    choose(grows ? state.from : state.from + to - state.to, to);
  };
  const stop = () => {
    clearInterval(timer);
    timer = null;
    view.play.textContent = "▶";
    view.play.setAttribute("aria-label", "Play day by day");
  };
  const play = () => {
    if (timer) return stop();
    const { from: first, to: last } = period();
    if (state.to >= last) choose(first, grows ? first : first + state.to - state.from);
    // Who asked for less motion gets weeks at a calm pace, not a film.
    timer = setInterval(() => step(still.matches ? 7 : 1), still.matches ? 1500 : PLAY_MS);
    view.play.textContent = "❚❚";
    view.play.setAttribute("aria-label", "Pause");
    return undefined;
  };
  const setWidth = (days) => {
    stop();
    const { from: first, to: last } = period();
    grows = days === null;
    if (grows) choose(first, last);
    else choose(Math.max(first, state.to - days + 1), Math.max(state.to, first + days - 1));
  };
  const byHand = (from, to) => {
    stop();
    grows = from <= period().from;
    choose(from, to);
  };

  build(view, { step: (by) => { stop(); step(by); }, play, setWidth });
  bindHandles(view, () => state, byHand);
  bindBrush(view, { period, state: () => state, byHand });

  return function update(next) {
    const looks = [next.window, next.source, next.confidence, next.region, theme()].join("\n");
    const rebuilt = drawn !== looks;
    if (!state || state.window !== next.window) grows = next.from === data.windowByName.get(next.window).from;
    state = next;
    const { from, to } = period();
    if (rebuilt) {
      drawn = looks;
      drawBars(data, state, view);
      drawMarks(data, from, to, view);
      view.ends.replaceChildren(h("span", {}, dayShort(from)), h("span", {}, dayShort(to)));
    }
    const snapshot = snapshotOn(data, state.to);
    const age = snapshot === null ? "no control map in force" : mapAge(state.to - snapshot);
    for (const [handle, day, low, high] of [[view.first, state.from, from, state.to], [view.last, state.to, state.from, to]]) {
      handle.style.left = `${100 * edge(day + (handle === view.last ? 1 : 0), from, to)}%`;
      handle.setAttribute("aria-valuemin", low);
      handle.setAttribute("aria-valuemax", high);
      handle.setAttribute("aria-valuenow", day);
      handle.setAttribute("aria-valuetext", handle === view.last ? `${dayLong(day)}; ground: ${age}` : dayLong(day));
    }
    view.chosen.style.left = `${100 * edge(state.from, from, to)}%`;
    view.chosen.style.right = `${100 * (1 - edge(state.to + 1, from, to))}%`;
    view.day.textContent = span(state.from, state.to);
    view.map.textContent = `Shading: ${dayShort(state.to)}, ${age}`;
    const width = state.from === from && state.to === to ? null : state.to - state.from + 1;
    view.widths.forEach((button, at) => button.setAttribute("aria-pressed", String(WIDTHS[at][0] === width)));
    for (const bar of view.bars.children) {
      const isShown = Number(bar.dataset.day) <= state.to && Number(bar.dataset.last) >= state.from;
      bar.setAttribute("opacity", isShown ? 1 : 0.3);
    }
  };
}

/** Place of the morning of a day along a period, from 0 to 1. */
const edge = (day, from, to) => (day - from) / (to - from + 1);

const mapAge = (days) => (days === 0 ? "control map of that day" : `control map ${plural(days, "day")} old then`);

function build(view, { step, play, setWidth }) {
  const round = (label, text, onclick) => h("button", { type: "button", class: "round", "aria-label": label, onclick }, text);
  const handle = (label) => h("div", { class: "handle", role: "slider", tabindex: 0, "aria-label": label, "aria-orientation": "horizontal" });
  view.day = h("p", { class: "day" });
  view.map = h("p", { class: "snapshot" });
  view.play = round("Play day by day", "▶", play);
  view.first = handle("First day shown");
  view.last = handle("Last day shown, and day of the shading");
  view.bars = svg("svg", { class: "bars", preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" });
  view.marks = h("div", { class: "marks", "aria-hidden": "true" });
  view.chosen = h("div", { class: "chosen", "aria-hidden": "true" });
  view.track = h("div", { class: "track" }, h("div", { class: "brush" }, view.bars, view.marks, view.chosen, view.first, view.last));
  view.ends = h("p", { class: "ends" });
  view.widths = WIDTHS.map(([days, label]) =>
    h("button", { type: "button", "data-width": days ?? "all", onclick: () => setWidth(days) }, label));
  byId("time").replaceChildren(
    h("div", { class: "now" },
      h("div", { class: "steps" },
        round("One day back", "‹", () => step(-1)), view.play, round("One day on", "›", () => step(1))),
      h("div", { class: "said" }, view.day, view.map),
      h("div", { class: "segments", role: "group", "aria-label": "Days shown" }, ...view.widths)),
    view.track,
    view.ends,
  );
}

/** Arrows move a handle by a day, page keys by a week, home and end as far as it goes. */
function bindHandles(view, state, byHand) {
  const moves = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -7, PageUp: 7, Home: -1e6, End: 1e6 };
  for (const handle of [view.first, view.last]) {
    handle.addEventListener("keydown", (event) => {
      const by = moves[event.key];
      if (!by) return;
      event.preventDefault();
      const { from, to } = state();
      if (handle === view.first) byHand(Math.min(from + by, to), to);
      else byHand(from, Math.max(to + by, from));
    });
  }
}

/** A pointer drags a handle, the chosen stretch as a whole, or, where nothing is chosen, the nearer handle to it. */
function bindBrush(view, { period, state, byHand }) {
  const brush = view.first.parentElement;
  brush.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    const { from: first, to: last } = period();
    const dayAt = ({ clientX }) => {
      const { left, width } = brush.getBoundingClientRect();
      return first + Math.floor(((clientX - left) / width) * (last - first + 1));
    };
    const began = { day: dayAt(event), ...state() };
    const isWhole = began.from === first && began.to === last;
    const isInside = event.target === view.chosen && !isWhole;
    const nearer = Math.abs(began.day - began.from) < Math.abs(began.day - began.to) ? view.first : view.last;
    const held = isInside ? view.chosen : [view.first, view.last].find((handle) => handle === event.target) ?? nearer;
    const move = (at) => {
      const day = Math.min(Math.max(dayAt(at), first), last);
      if (held === view.first) byHand(Math.min(day, began.to), began.to);
      else if (held === view.last) byHand(began.from, Math.max(day, began.from));
      else {
        const by = Math.min(Math.max(day - began.day, first - began.from), last - began.to);
        byHand(began.from + by, began.to + by);
      }
    };
    brush.setPointerCapture(event.pointerId);
    brush.addEventListener("pointermove", move);
    brush.addEventListener("lostpointercapture", () => brush.removeEventListener("pointermove", move), { once: true });
    if (held !== view.chosen) {
      held.focus();
      if (event.target !== held) move(event);
    }
  });
}

/** Bars by day, stacked by who held the ground; in long periods by so many days that a bar can be seen. */
function drawBars(data, state, view) {
  const { from, to } = data.windowByName.get(state.window);
  const bin = Math.max(1, Math.ceil((to - from + 1) / MOST_BARS));
  const order = new Map(data.controllers.map((controller, index) => [controller.name, index]));
  const bins = new Map();
  // Those too that began before the period and last into it: a bar is of the day, whenever its strikes began.
  for (const [controller, days] of spreadByDay(data, strikesOf(data, { ...state, from: EARLIEST, to }), { from, to })) {
    days.forEach((strikes, day) => {
      if (!strikes) return;
      const at = Math.floor(day / bin);
      const stack = bins.get(at) ?? new Map();
      bins.set(at, stack.set(controller, (stack.get(controller) ?? 0) + strikes));
    });
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
        x: at * bin + 0.06 * bin, y: top, width: 0.88 * bin, height, fill: tone(colour, theme()),
        "data-day": from + at * bin, "data-last": from + (at + 1) * bin - 1, "data-strikes": strikes,
      }));
    }
  }
  view.bars.replaceChildren(...bars);
}

function drawMarks(data, from, to, view) {
  const events = data.events.filter((event) => event.day > from && event.day < to);
  view.marks.replaceChildren(...events.map((event, at) => {
    const share = edge(event.day, from, to);
    // Every other title stands lower, as neighbours may be close.
    const mark = h("span", { class: `mark${share > 0.6 ? " before" : ""}${at % 2 ? " low" : ""}` }, h("i", {}), h("b", {}, event.title));
    mark.style.left = `${100 * share}%`;
    return mark;
  }));
}

/** What is shown, in words: for the legend and the table. */
export function shownTitle(data, state) {
  const window = data.windowByName.get(state.window);
  return state.from === window.from && state.to === window.to ? windowTitle(window) : span(state.from, state.to);
}
