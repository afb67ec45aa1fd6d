// Data: fetching what the release holds and choosing strikes from it. Nothing is drawn here.

async function fetchJson(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status} ${response.statusText}`);
  return response.json();
}

/** Names and titles of the theatres that have strikes. */
export async function loadIndex() {
  return fetchJson("data/index.json");
}

/** The manifest of the release that holds this page, or null where the page is served without one. */
export async function loadManifest() {
  return fetchJson("../manifest.json").catch(() => null);
}

/** One theatre, its strikes as rows in the order of their days. */
export async function loadTheatre(name) {
  const data = await fetchJson(`data/${encodeURIComponent(name)}.json`);
  data.strikes = rowsOf(data.strikes);
  // Strikes of one coordinate have the same text in `at`.
  for (const strike of data.strikes) strike.at = placeKey(strike.longitude, strike.latitude);
  data.answers = data.answers.map((answer) => ({ ...answer, ally: answer.shares[data.ally] ?? 0, groups: groupShares(data, answer) }));
  data.strikeById = new Map(data.strikes.map((strike) => [strike.strike_id, strike]));
  data.controllerByName = new Map(data.controllers.map((controller) => [controller.name, controller]));
  data.sourceByName = new Map(data.sources.map((source) => [source.name, source]));
  data.strikeSources = data.sources.filter((source) => source.kind === "strikes");
  data.windowByName = new Map(data.windows.map((window) => [window.name, window]));
  data.placesByRegion = new Map(Object.entries(data.region_places)
    .map(([region, places]) => [region, new Set(places.map(([longitude, latitude]) => placeKey(longitude, latitude)))]));
  data.provinces = [...new Set(data.strikes.map((strike) => strike.province).filter(Boolean))].sort();
  data.claims = new Map(rowsOf(data.claims)
    .map((row) => [row.strike_id, { claimed: row.claimed, isLocated: row.is_located, isElsewhere: row.is_elsewhere }]));
  data.months = new Map();
  return data;
}

const placeKey = (longitude, latitude) => `${longitude} ${latitude}`;

/** Rows of a table that is given by column. */
function rowsOf(columns) {
  const entries = Object.entries(columns);
  return entries[0][1].map((_, index) => Object.fromEntries(entries.map(([column, values]) => [column, values[index]])));
}

/** Shares of an answer by the theatre's groups, in their order. */
const groupShares = (data, { shares }) =>
  data.groups.map((group) => group.members.reduce((sum, member) => sum + (shares[member] ?? 0), 0));

/** Evidence of one strike, fetched with its month and kept. */
export async function loadEvidence(data, strike) {
  if (!data.months.has(strike.month)) {
    data.months.set(strike.month, fetchJson(`data/${encodeURIComponent(data.name)}/${encodeURIComponent(strike.month)}.json`));
  }
  return (await data.months.get(strike.month))[strike.strike_id];
}

/** What a source's locations are called: a reported strike location, unless the source says otherwise. */
export const nounOf = (data, source) => data.sourceByName.get(source)?.noun ?? "reported strike location";

export const controllerLabel = (data, name) => data.controllerByName.get(name)?.label ?? name;

/** Ids of a strike and of those shown at its very coordinate, and where it stands among them. */
export function sharedPlace(data, strikes, id) {
  const strike = data.strikeById.get(id);
  const ids = strikes
    .filter((other) => other.longitude === strike.longitude && other.latitude === strike.latitude)
    .map((other) => other.strike_id);
  return ids.includes(id) ? [ids, ids.indexOf(id)] : [[id], 0];
}

/** The control map in force on a day: the day it was made, or null. */
export function snapshotOn(data, day) {
  const found = data.snapshots.find(([from, until]) => from <= day && day < until);
  return found ? found[0] : null;
}

/** Episodes by controller, each counted once, by its first strike shown; in the order of the controllers. */
export function countByController(data, strikes) {
  const counts = new Map(data.controllers.map((controller) => [controller.name, 0]));
  const seen = new Set();
  for (const strike of strikes) {
    if (seen.has(strike.episode_id)) continue;
    seen.add(strike.episode_id);
    counts.set(strike.controller, (counts.get(strike.controller) ?? 0) + 1);
  }
  return { counts, episodes: seen.size };
}
