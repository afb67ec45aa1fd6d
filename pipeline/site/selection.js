// Selection: which strikes a choice of source, days, confidence and region takes in, and what that choice is called.

import { span, windowTitle } from "./words.js";

const KINDS = ["region", "province", "box"];

/** Strikes of a choice. As in the published figures, a strike belongs to the days among which its first day falls. */
export function strikesOf(data, { source, from, to, confidence, region }) {
  const isInside = inRegion(data, region);
  return data.strikes.filter((strike) =>
    strike.source === source && !strike.is_background && strike.day_from >= from && strike.day_from <= to &&
    (!confidence || strike.confidence === confidence) && isInside(strike));
}

/** Whether a strike is in `region:NAME`, `province:NAME` (as the source says) or `box:WEST,SOUTH,EAST,NORTH`. */
function inRegion(data, region) {
  const [kind, value] = parts(region);
  if (kind === "region") {
    const places = data.placesByRegion.get(value);
    return (strike) => places.has(strike.at);
  }
  if (kind === "province") return (strike) => strike.province === value;
  if (kind === "box") {
    const [west, south, east, north] = value.split(",").map(Number);
    return ({ longitude, latitude }) => longitude >= west && longitude <= east && latitude >= south && latitude <= north;
  }
  return () => true;
}

function parts(region) {
  const at = (region ?? "").indexOf(":");
  return at < 0 ? [null, ""] : [region.slice(0, at), region.slice(at + 1)];
}

/** A region that can be had of these data, or null. */
export function checkedRegion(data, asked) {
  const [kind, value] = parts(asked);
  if (!KINDS.includes(kind)) return null;
  if (kind === "region") return data.placesByRegion.has(value) ? asked : null;
  if (kind === "province") return data.provinces.includes(value) ? asked : null;
  const degrees = value.split(",").map(Number);
  const sound = degrees.length === 4 && degrees.every(Number.isFinite) && degrees[0] < degrees[2] && degrees[1] < degrees[3];
  return sound ? asked : null;
}

/** A region as it is said. */
export function regionTitle(data, region) {
  const [kind, value] = parts(region);
  if (kind === "region") return data.regions.find((known) => known.name === value).title;
  if (kind === "province") return `${value} province, as the source says`;
  const [west, south, east, north] = value.split(",");
  return `Box ${west}–${east}° E, ${south}–${north}° N`;
}

/** The window of exactly these days, or null. */
export const windowOf = (data, { from, to }) => data.windows.find((window) => window.from === from && window.to === to) ?? null;

/** Days of a choice as they are said. */
export function daysTitle(data, choice) {
  const window = windowOf(data, choice);
  return window ? windowTitle(window) : span(choice.from, choice.to);
}

/** What narrows a choice beside its source and days, as it is said. */
export function narrowedBy(data, { confidence, region }) {
  return [confidence && `confidence ${confidence}`, region && regionTitle(data, region)].filter(Boolean);
}

/** A choice in one line: source, days and what narrows it. */
export function choiceTitle(data, choice) {
  return [data.sourceByName.get(choice.source).title, daysTitle(data, choice), ...narrowedBy(data, choice)].join("; ");
}

/** The published row of exactly this choice, which has what takes a bootstrap; null where none is published. */
export function publishedRow(data, choice) {
  const window = windowOf(data, choice);
  const [kind, value] = parts(choice.region);
  if (!window || (choice.confidence && choice.region) || (choice.region && kind !== "region")) return null;
  const filter = choice.confidence ? `confidence:${choice.confidence}` : choice.region ? `region:${value}` : "all";
  return data.published.find((row) => row.source === choice.source && row.window === window.name && row.filter === filter) ?? null;
}

/** The choice that stands beside another: `source:NAME` on the same days, or `period:NAME` of the same source. */
export function besideOf(data, state) {
  const [kind, value] = parts(state.beside);
  const { confidence, region } = state;
  if (kind === "source") return { source: value, from: state.from, to: state.to, confidence: null, region };
  if (kind === "period") {
    const { from, to } = data.windowByName.get(value);
    return { source: state.source, from, to, confidence, region };
  }
  return null;
}

/** What can stand beside, or null. */
export function checkedBeside(data, asked) {
  const [kind, value] = parts(asked);
  if (kind === "source") return data.strikeSources.some((source) => source.name === value) ? asked : null;
  if (kind === "period") return data.windowByName.has(value) ? asked : null;
  return null;
}
