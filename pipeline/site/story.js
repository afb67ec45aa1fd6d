// Story: the published figures for the chosen source and window, in words and bars. Makes no figure of its own.

import { controllerLabel, headlineOf } from "./data.js";
import { byId, h, linkOut, swatch } from "./dom.js";
import { theme } from "./map.js";
import { tone } from "./style.js";
import { count, percent, plural, windowTitle } from "./words.js";

/** Make the head of the story: title, question, choices. `onChange` gets the part of the state that changed. */
export function createStory(data, index, { onChange }) {
  document.title = `${data.question} · ${data.title}`;
  byId("kicker").textContent = data.title;
  byId("question").textContent = data.question;
  const others = index.theatres.length > 1;
  byId("theatres").hidden = !others;
  byId("kicker").hidden = others;
  if (others) {
    byId("theatres").replaceChildren(...index.theatres.map(({ name, title }) =>
      h("a", { href: `#theatre=${encodeURIComponent(name)}`, "aria-current": name === data.name ? "page" : null }, title)));
  }
  const sources = data.sources.filter((source) => source.kind === "strikes");
  byId("source").replaceChildren(...sources.map((source) => {
    const alone = sources.filter((other) => other.publisher === source.publisher).length === 1;
    return h("option", { value: source.name }, alone ? source.publisher : source.title);
  }));
  byId("source").onchange = (event) => onChange({ source: event.target.value });
  byId("window").onchange = (event) => onChange({ window: event.target.value });
}

/** Draw the story for a state. */
export function updateStory(data, state) {
  byId("source").value = state.source;
  fillWindows(data, state);
  const row = headlineOf(data, state.source, state.window);
  byId("finding").replaceChildren(...(row?.split ? finding(data, row) : tooFew(data, row)));
  byId("more").replaceChildren(
    ...months(data, state), ...regions(data, state), ...caveats(data, state), credits(data),
  );
}

/** Windows in which the source has anything; months in a group of their own. */
function fillWindows(data, state) {
  const has = (window) => (headlineOf(data, state.source, window.name)?.n ?? 0) > 0 || window.name === state.window;
  const options = (windows) => windows.map((window) => h("option", { value: window.name }, windowTitle(window)));
  const shown = data.windows.filter(has);
  byId("window").replaceChildren(
    ...options(shown.filter((window) => !window.is_month)),
    h("optgroup", { label: "By month" }, ...options(shown.filter((window) => window.is_month))),
  );
  byId("window").value = state.window;
}

function finding(data, row) {
  const focus = controllerLabel(data, data.focus);
  return [
    h("h2", { id: "finding-title" }, "Whose ground it was"),
    splitBar(data, row.split),
    h("div", { class: "figure" },
      h("p", { class: "big" }, percent(row.not_focus_expected)),
      h("p", { class: "claim" }, `of ${plural(row.n, "reported strike location")} lay outside ${focus}-held ground`,
        h("span", { class: "bounds" }, `${between(row.not_focus_lower_t10, row.not_focus_upper_t10)}, given the control map`))),
    boundsChart(row),
    h("details", {}, h("summary", {}, "What the bounds mean"), h("dl", { class: "readings" },
      ...reading("expected", "mean share of the discs", percent(row.not_focus_expected)),
      ...reading("point", "by their centres alone", percent(row.not_focus_at_point)),
      ...reading("range", "up to 10% of a disc unknown or on the other side", between(row.not_focus_lower_t10, row.not_focus_upper_t10)),
      ...reading("whisker", "nothing unknown or on the other side", between(row.not_focus_lower_t0, row.not_focus_upper_t0)),
      ...(data.ally && row.not_focus_excluding_ally !== null
        ? reading("", `of ground not held by the ${controllerLabel(data, data.ally).toLowerCase()}, the attacker's ally`, percent(row.not_focus_excluding_ally))
        : []),
      ...(row.place_lower === null ? [] : reading("", "had other places been named", between(row.place_lower, row.place_upper))),
      ...(row.map_lower === null ? [] : reading("", "had the map been drawn from other places too", between(row.map_lower, row.map_upper))))),
    h("details", { class: "sentence" }, h("summary", {}, "In one sentence, to quote"), h("blockquote", {}, row.sentence)),
  ];
}

function tooFew(data, row) {
  const n = row?.n ?? 0;
  return [
    h("h2", { id: "finding-title" }, "Whose ground it was"),
    h("div", { class: "figure" },
      h("p", { class: "big" }, count(n)),
      h("p", { class: "claim" }, `reported strike location${n === 1 ? "" : "s"}`,
        h("span", { class: "bounds" }, n ? "too few for a share: under 20" : "none from this source in this period"))),
    n ? h("p", { class: "small" }, row.sentence) : null,
  ].filter(Boolean);
}

const between = (low, high) => (percent(low) === percent(high) ? percent(low) : `${percent(low).replace("%", "")}–${percent(high)}`);

const reading = (mark, term, value) => [
  h("dt", {}, h("i", { class: mark, "aria-hidden": "true" }), term),
  h("dd", {}, value),
];

/** The split first: every group, the unknown one included, in the theatre's order. */
function splitBar(data, split) {
  const parts = data.groups.map((group) => ({ ...group, share: split[group.name] ?? 0 }));
  const kind = (group) => (group.members.includes("unknown") ? "hatched" : "");
  const bar = h("div", { class: "split", "aria-hidden": "true" }, ...parts.filter((part) => part.share > 0).map((part) => {
    const piece = swatch(tone(part.colour, theme()), kind(part));
    piece.style.flexGrow = part.share;
    return piece;
  }));
  return h("div", {}, bar, h("ul", { class: "shares" }, ...parts.map((part) =>
    h("li", {}, swatch(tone(part.colour, theme()), kind(part)), h("span", {}, part.label), h("b", {}, percent(part.share))))));
}

/** A scale from 0 to 100% with both ranges, the expected share and the share by centres. */
function boundsChart(row) {
  const place = (element, from, to = from) => {
    element.style.left = `${100 * from}%`;
    element.style.width = `${100 * (to - from)}%`;
    return element;
  };
  return h("div", { class: "scale", "aria-hidden": "true" },
    place(h("i", { class: "whisker" }), row.not_focus_lower_t0, row.not_focus_upper_t0),
    place(h("i", { class: "range" }), row.not_focus_lower_t10, row.not_focus_upper_t10),
    place(h("i", { class: "half" }), 0.5),
    place(h("i", { class: "expected" }), row.not_focus_expected),
    place(h("i", { class: "point" }), row.not_focus_at_point),
    h("span", {}, "0"), h("span", {}, "half"), h("span", {}, "100%"));
}

/** Months beside the total: the share moves. */
function months(data, state) {
  const rows = data.windows.filter((window) => window.is_month)
    .map((window) => [window, headlineOf(data, state.source, window.name)])
    .filter(([, row]) => row?.n > 0);
  if (rows.length < 2) return [];
  const focus = controllerLabel(data, data.focus);
  return [h("table", { class: "months" },
    h("caption", {}, `Month by month: outside ${focus}-held ground`),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Month"), h("th", { scope: "col", class: "number" }, "Locations"), h("th", { scope: "col" }, "Share"))),
    h("tbody", {}, ...rows.map(([window, row]) => h("tr", { "aria-current": window.name === state.window ? "true" : null },
      h("th", { scope: "row" }, windowTitle(window)),
      h("td", { class: "number" }, count(row.n)),
      h("td", {}, row.split ? bar(row.not_focus_expected) : h("span", { class: "few" }, "too few for a share"))))))];
}

function bar(share) {
  const filled = h("i", { class: "bar", "aria-hidden": "true" });
  filled.style.setProperty("--share", share);
  return h("span", { class: "barred" }, filled, percent(share));
}

function regions(data, state) {
  const rows = data.regions.filter((row) => row.source === state.source && row.window === state.window);
  if (!rows.length) return [];
  return [h("table", { class: "months" },
    h("caption", {}, "Where they lie (regions overlap)"),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Region"), h("th", { scope: "col", class: "number" }, "Locations"), h("th", { scope: "col" }, "Share"))),
    h("tbody", {}, ...rows.map((row) => h("tr", {},
      h("th", { scope: "row" }, row.title),
      h("td", { class: "number" }, count(row.episodes)),
      h("td", {}, row.share === null ? h("span", { class: "few" }, "too few for a share") : bar(row.share))))))];
}

function caveats(data, state) {
  const control = data.sourceByName.get(data.control_source);
  const said = [
    "A location is not a sortie, a bomb or an effort, and who holds a place is not always who was aimed at.",
    ...(data.sourceByName.get(state.source)?.caveats ?? []),
    ...(data.ally ? [`“Outside ${controllerLabel(data, data.focus)}-held ground” takes in the ${controllerLabel(data, data.ally).toLowerCase()}'s ground too.`] : []),
    ...(control?.caveats ?? []),
  ];
  return [h("section", { class: "caveats" }, h("h2", {}, "Before you quote this"), h("ul", {}, ...said.map((line) => h("li", {}, line))))];
}

function credits(data) {
  return h("footer", {},
    h("p", {},
      h("a", { href: "../report.html" }, "Report"), " · ",
      h("a", { href: "../pages/walk.html" }, "From the sentence to the number"), " · ",
      h("a", { href: "../pages/methods.html" }, "Methods")),
    h("h2", {}, "Sources"),
    h("ul", {}, ...data.sources.map((source) =>
      h("li", {}, linkOut(source.url, source.title), `. ${source.credit}. ${source.terms}.`)),
      h("li", {}, "Borders, rivers, towns: Natural Earth, public domain.")),
    h("p", {}, "Drawn with MapLibre GL JS and PMTiles (both BSD-3-Clause)."),
    h("p", { id: "release", class: "small" }));
}
