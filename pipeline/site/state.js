// State: what is chosen, kept in the address so that a view can be linked to. Nothing is drawn here.

import { checkedBeside, checkedRegion, windowOf } from "./selection.js";
import { toIso, toNumber } from "./words.js";

// Names on the map: Latin letters, or the theatre's own.
const NAMES = ["latin", "local"];

/** State from the address, every part but the strike checked against the data; the theatre's own choice where one is missing. */
export function readState(data) {
  const asked = new URLSearchParams(location.hash.slice(1));
  const sources = data.strikeSources.map((source) => source.name);
  const source = pick(asked.get("source"), sources, sources.includes(data.main_source) ? data.main_source : sources[0]);
  const window = data.windowByName.get(pick(asked.get("period"), [...data.windowByName.keys()], data.main_window));
  const from = dayWithin(asked.get("from"), window) ?? window.from;
  return {
    source,
    window: window.name,
    from,
    to: Math.max(from, dayWithin(asked.get("to"), window) ?? window.to),
    names: pick(asked.get("names"), NAMES, NAMES[0]),
    confidence: pick(asked.get("confidence"), data.confidences.get(source), null),
    region: checkedRegion(data, asked.get("region")),
    beside: checkedBeside(data, asked.get("beside")),
    // The release that a link was made on, which need not be the one that is read.
    release: asked.get("release"),
    strike: asked.get("strike"),
  };
}

function dayWithin(asked, window) {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(asked ?? "") ? toNumber(asked) : NaN;
  return day >= window.from && day <= window.to ? day : null;
}

function pick(asked, known, fallback) {
  return known.includes(asked) ? asked : fallback;
}

/** Put the state into the address; `isStep` where the reader may want to come back to what was before. */
export function writeState(data, state, isStep = false) {
  const hash = hashOf(data, state);
  if (hash === location.hash) return;
  if (isStep) history.pushState(null, "", hash);
  else history.replaceState(null, "", hash);
}

/** The address of a choice: that of the page, its days within a period that holds them. */
export function addressOf(data, choice, release) {
  const holds = (window) => window.from <= choice.from && choice.to <= window.to;
  const window = windowOf(data, choice) ?? data.windows.find(holds);
  const { source, from, to, confidence, region } = choice;
  return new URL(hashOf(data, { source, window: window.name, from, to, confidence, region, names: NAMES[0], release }), location.href).href;
}

/** The whole state, as the part of an address after its #. */
function hashOf(data, state) {
  const parts = new URLSearchParams({ theatre: data.name, source: state.source, period: state.window });
  const window = data.windowByName.get(state.window);
  if (state.from !== window.from) parts.set("from", toIso(state.from));
  if (state.to !== window.to) parts.set("to", toIso(state.to));
  if (state.names !== NAMES[0]) parts.set("names", state.names);
  for (const name of ["confidence", "region", "beside", "strike", "release"]) if (state[name]) parts.set(name, state[name]);
  return `#${parts}`;
}

/** Theatre that the address asks for. */
export const askedTheatre = () => new URLSearchParams(location.hash.slice(1)).get("theatre");
