// State: what is chosen, kept in the address so that a view can be linked to. Nothing is drawn here.

import { toIso, toNumber } from "./words.js";

// Names on the map: Latin letters, or the theatre's own.
const NAMES = ["latin", "local"];

/** State from the address, every part checked against the data; the theatre's own choice where one is missing. */
export function readState(data) {
  const asked = new URLSearchParams(location.hash.slice(1));
  const sources = data.sources.filter((source) => source.kind === "strikes").map((source) => source.name);
  const source = pick(asked.get("source"), sources, sources.includes(data.main_source) ? data.main_source : sources[0]);
  const window = data.windowByName.get(pick(asked.get("period"), [...data.windowByName.keys()], data.main_window));
  const from = dayWithin(asked.get("from"), window) ?? window.from;
  return {
    source,
    window: window.name,
    from,
    to: Math.max(from, dayWithin(asked.get("to"), window) ?? window.to),
    names: pick(asked.get("names"), NAMES, NAMES[0]),
    strike: data.strikeById.has(asked.get("strike")) ? asked.get("strike") : null,
  };
}

function dayWithin(asked, window) {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(asked ?? "") ? toNumber(asked) : NaN;
  return day >= window.from && day <= window.to ? day : null;
}

function pick(asked, known, fallback) {
  return known.includes(asked) ? asked : fallback;
}

/** Put the state into the address, without a step in the browser's history. */
export function writeState(data, state) {
  const parts = new URLSearchParams({ theatre: data.name, source: state.source, period: state.window });
  const window = data.windowByName.get(state.window);
  if (state.from !== window.from) parts.set("from", toIso(state.from));
  if (state.to !== window.to) parts.set("to", toIso(state.to));
  if (state.names !== NAMES[0]) parts.set("names", state.names);
  if (state.strike) parts.set("strike", state.strike);
  history.replaceState(null, "", `#${parts}`);
}

/** Theatre that the address asks for. */
export const askedTheatre = () => new URLSearchParams(location.hash.slice(1)).get("theatre");
