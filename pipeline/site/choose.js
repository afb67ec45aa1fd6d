// Choices: source, period, days, confidence, region and what stands beside. Belongs here: the controls. They choose
// nothing themselves: each tells what the reader asked for.

import { byId, h } from "./dom.js";
import { daysTitle, narrowedBy, regionTitle, strikesOf } from "./selection.js";
import { toIso, toNumber, windowTitle } from "./words.js";

/**
 * Make the controls. `onChange` gets the part of the state that was asked for; `viewBox` gives the box that the map shows,
 * `onDraw` is told that one is to be drawn.
 */
export function createChoices(data, { onChange, viewBox, onDraw }) {
  const select = (id, read) => h("select", { id, onchange: (event) => onChange(read(event.target.value)) });
  const day = (id, part) => h("input", { type: "date", id, onchange: (event) => event.target.value && onChange({ [part]: toNumber(event.target.value) }) });
  byId("choices").replaceChildren(
    h("label", {}, "Reported by ", select("source", (source) => ({ source }))),
    h("label", {}, "Period ", select("window", (window) => ({ window }))),
    h("details", { id: "narrow" },
      h("summary", { id: "narrowed" }),
      h("div", { class: "choices" },
        h("label", {}, "From ", day("from", "from")),
        h("label", {}, "To ", day("to", "to")),
        h("label", {}, "Region ", select("region", (region) => ({ region: region || null }))),
        h("div", { class: "pair" },
          h("button", { type: "button", id: "draw-box", onclick: onDraw }, "Draw a box"),
          h("button", { type: "button", id: "view-box", onclick: () => onChange({ region: viewBox() }) }, "What the map shows")),
        h("label", {}, "Confidence ", select("confidence", (confidence) => ({ confidence: confidence || null }))),
        h("label", {}, "Beside ", select("beside", (beside) => ({ beside: beside || null }))),
        h("button", { type: "button", id: "widen", onclick: () => onChange({ confidence: null, region: null, beside: null }) }, "All of the source again"))),
  );
  byId("source").replaceChildren(...data.strikeSources.map((source) => option(source.name, sourceLabel(data, source))));
}

/** Show a state in the controls. */
export function updateChoices(data, state) {
  byId("source").value = state.source;
  const hasAny = (window) => window.name === state.window || strikesOf(data, { source: state.source, from: window.from, to: window.to }).length > 0;
  const windows = data.windows.filter(hasAny);
  fill("window", state.window, [], windowGroups(windows, "", "By month"));
  const period = data.windowByName.get(state.window);
  for (const name of ["from", "to"]) {
    byId(name).min = toIso(name === "to" ? state.from : period.from);
    byId(name).max = toIso(name === "from" ? state.to : period.to);
    byId(name).value = toIso(state[name]);
  }
  const box = state.region?.startsWith("box:") ? [option(state.region, regionTitle(data, state.region))] : [];
  fill("region", state.region, [option("", "Everywhere"), ...box], [
    ["Regions", data.regions.map((region) => option(`region:${region.name}`, region.title))],
    ["Provinces, as the source says", data.provinces.map((name) => option(`province:${name}`, name))],
  ]);
  fill("confidence", state.confidence, [option("", "Any"), ...data.confidences.get(state.source).map((name) => option(name, name))], []);
  const others = data.strikeSources.filter((source) => source.name !== state.source);
  fill("beside", state.beside, [option("", "Nothing")], [
    ["Another source, same days", others.map((source) => option(`source:${source.name}`, sourceLabel(data, source)))],
    ...windowGroups(windows.filter((window) => window.from !== state.from || window.to !== state.to), "period:", "Another month"),
  ]);
  const said = [
    ...(daysTitle(data, state) === windowTitle(period) ? [] : [daysTitle(data, state)]),
    ...narrowedBy(data, state),
  ];
  byId("narrowed").textContent = said.length ? `Narrowed to: ${said.join("; ")}` : "Narrow or compare";
  byId("widen").hidden = !(state.confidence || state.region || state.beside);
}

const option = (value, label) => h("option", { value }, label);

function windowGroups(windows, prefix, label) {
  const options = (wanted) => windows.filter((window) => window.is_month === wanted).map((window) => option(prefix + window.name, windowTitle(window)));
  return [[prefix ? "Another period, same source" : null, options(false)], [label, options(true)]];
}

function fill(id, value, options, groups) {
  byId(id).replaceChildren(...options, ...groups.filter(([, members]) => members.length)
    .flatMap(([label, members]) => (label ? [h("optgroup", { label }, ...members)] : members)));
  byId(id).value = value ?? "";
}

/** The publisher, or the source's title where one publisher has two. */
function sourceLabel(data, source) {
  const alone = data.strikeSources.filter((other) => other.publisher === source.publisher).length === 1;
  return alone ? source.publisher : source.title;
}
