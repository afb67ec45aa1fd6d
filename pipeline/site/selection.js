// Selection: which strikes a choice of source, days, confidence and region takes in, and what that choice is called.

import { span, windowTitle } from "./words.js";

const KINDS = ["region", "province", "box"];

// Choices kept, so that what many parts of the page ask is chosen once: each period with each region, and as many more.
const keptOf = (data) => 64 + 4 * data.windows.length;
const kept = new WeakMap();

/** Rows of a choice. As in the published figures, a strike belongs to the days among which its first day falls. */
export const strikesOf = (data, choice) => rowsOf(data, choice, 0);

/** Rows of a choice that are background: statements of no one day's strike, which no figure counts. */
export const backgroundsOf = (data, choice) => rowsOf(data, choice, 1);

function rowsOf(data, { source, from, to, confidence, region }, background) {
  if (!kept.has(data)) kept.set(data, new Map());
  const choices = kept.get(data);
  const key = JSON.stringify([source, from, to, confidence ?? null, region ?? null, background]);
  const rows = choices.get(key) ?? chosen(data, { source, from, to, confidence, region }, background);
  // Put last, so that the first is the one that was not asked for longest.
  choices.delete(key);
  choices.set(key, rows);
  if (choices.size > keptOf(data)) choices.delete(choices.keys().next().value);
  return rows;
}

function chosen({ strikes }, { source, from, to, confidence, region }, background) {
  const { codes } = strikes.source;
  const code = strikes.source.codeOf(source);
  // Rows are sorted by source in the order in which their codes were given, and by day within each.
  const [first, end] = [firstRow(codes.length, (row) => codes[row] >= code), firstRow(codes.length, (row) => codes[row] > code)];
  const start = firstRow(end, (row) => row >= first && strikes.day_from[row] >= from);
  const stop = firstRow(end, (row) => row >= first && strikes.day_from[row] > to);
  const isInside = inRegion(strikes, region);
  const sure = confidence ? strikes.confidence.codeOf(confidence) : null;
  const rows = new Int32Array(Math.max(0, stop - start));
  let n = 0;
  for (let row = start; row < stop; row += 1) {
    if (strikes.is_background[row] !== background || (sure !== null && strikes.confidence.codes[row] !== sure) || !isInside(row)) continue;
    rows[n] = row;
    n += 1;
  }
  return rows.slice(0, n);
}

/** The first row for which something that stays true once it is, is true; `size` where it never is. By halving. */
function firstRow(size, isTrue) {
  let [low, high] = [0, size];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isTrue(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Whether a row is in `region:NAME`, `province:NAME` (as the source says) or `box:WEST,SOUTH,EAST,NORTH`. */
function inRegion(strikes, region) {
  const [kind, value] = parts(region);
  if (kind === "region") {
    const holds = strikes.regions.words.map((names) => names.split(" ").includes(value));
    return (row) => holds[strikes.regions.codes[row]];
  }
  if (kind === "province") {
    const province = strikes.province.codeOf(value);
    return (row) => strikes.province.codes[row] === province;
  }
  if (kind === "box") {
    const [west, south, east, north] = edgesOf(region);
    const { longitude, latitude } = strikes;
    return (row) => longitude[row] >= west && longitude[row] <= east && latitude[row] >= south && latitude[row] <= north;
  }
  return () => true;
}

function parts(region) {
  const at = (region ?? "").indexOf(":");
  return at < 0 ? [null, ""] : [region.slice(0, at), region.slice(at + 1)];
}

/** West, south, east, north of a region that is a box; null of another. */
export function edgesOf(region) {
  const [kind, value] = parts(region);
  return kind === "box" ? value.split(",").map(Number) : null;
}

/** A region that can be had of these data, or null. */
export function checkedRegion(data, asked) {
  const [kind, value] = parts(asked);
  if (!KINDS.includes(kind)) return null;
  if (kind === "region") return data.regions.some((known) => known.name === value) ? asked : null;
  if (kind === "province") return data.provinces.includes(value) ? asked : null;
  const degrees = edgesOf(asked);
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

/** Rows of these that are shown at the very coordinate of one, and where it stands among them. */
export function sharedPlace({ strikes }, rows, row) {
  const there = [...rows].filter((other) => strikes.place_no[other] === strikes.place_no[row]);
  return there.includes(row) ? [there, there.indexOf(row)] : [[row], 0];
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
