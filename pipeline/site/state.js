// State: what is chosen, kept in the address so that a view can be linked to. Nothing is drawn here.

import { openingDay } from "./data.js";
import { toIso, toNumber } from "./words.js";

const SPANS = ["window", "week", "day"];

/** State from the address, every part checked against the data; the theatre's own choice where one is missing. */
export function readState(data) {
  const asked = new URLSearchParams(location.hash.slice(1));
  const sources = data.sources.filter((source) => source.kind === "strikes").map((source) => source.name);
  const source = pick(asked.get("source"), sources, sources.includes(data.main_source) ? data.main_source : sources[0]);
  const window = data.windowByName.get(pick(asked.get("period"), [...data.windowByName.keys()], data.main_window));
  const asksDay = /^\d{4}-\d{2}-\d{2}$/.test(asked.get("day") ?? "") ? toNumber(asked.get("day")) : NaN;
  const inWindow = asksDay >= window.from && asksDay <= window.to;
  return {
    source,
    window: window.name,
    day: inWindow ? asksDay : openingDay(data, window),
    span: pick(asked.get("show"), SPANS, "window"),
    strike: data.strikeById.has(asked.get("strike")) ? asked.get("strike") : null,
  };
}

function pick(asked, known, fallback) {
  return known.includes(asked) ? asked : fallback;
}

/** Put the state into the address, without a step in the browser's history. */
export function writeState(data, state) {
  const parts = new URLSearchParams({ theatre: data.name, source: state.source, period: state.window, day: toIso(state.day) });
  if (state.span !== "window") parts.set("show", state.span);
  if (state.strike) parts.set("strike", state.strike);
  history.replaceState(null, "", `#${parts}`);
}

/** Theatre that the address asks for. */
export const askedTheatre = () => new URLSearchParams(location.hash.slice(1)).get("theatre");
