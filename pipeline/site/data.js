// Data: fetching what the release holds. Nothing is chosen, counted or drawn here.

import { canRead, Tables } from "./columns.js";
import { keep } from "./ranges.js";

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

/**
 * One theatre with its strikes by column. A strike is known by its row: sorted by source, then by day. `answers` are the
 * different answers to who held the ground, `groups` of each its shares by the theatre's groups.
 */
export async function loadTheatre(name) {
  if (!canRead()) throw new Error("this browser is too old to read its data; any of 2023 or later will do");
  const data = await fetchJson(`data/${encodeURIComponent(name)}.json`);
  const tables = new Tables(`data/${encodeURIComponent(name)}.columns`, data.tables);
  const [strikes, answers] = await Promise.all([tables.read("strikes"), tables.read("answers")]);
  data.strikes = strikes;
  data.size = tables.rows("strikes");
  data.answers = answers;
  data.answers.groups = data.groups.map(({ members }) => summed(answers, members, tables.rows("answers")));
  data.answers.ally = summed(answers, [data.ally], tables.rows("answers"));
  data.papers = () => tables.read("papers");
  // Ids are all different and kept in the order of the rows, so the number of a value is its row.
  data.rowOf = async (id) => (await tables.read("papers", ["strike_id"])).strike_id.codeOf(id);
  data.controllerByName = new Map(data.controllers.map((controller) => [controller.name, controller]));
  data.sourceByName = new Map(data.sources.map((source) => [source.name, source]));
  data.strikeSources = data.sources.filter((source) => source.kind === "strikes");
  data.windowByName = new Map(data.windows.map((window) => [window.name, window]));
  data.confidences = confidencesOf(strikes);
  data.provinces = strikes.province.words.filter(Boolean).sort();
  data.pieces = new Map();
  return data;
}

/** Classes of confidence by the source that gives them. */
function confidencesOf({ source, confidence }) {
  const found = source.words.map(() => new Set());
  source.codes.forEach((code, row) => found[code].add(confidence.codes[row]));
  return new Map(source.words.map((name, code) => [name, [...found[code]].map((of) => confidence.words[of]).sort()]));
}

/** Shares of each answer that these controllers hold together. */
function summed(answers, controllers, size) {
  const sum = new Float64Array(size);
  for (const controller of controllers) {
    const shares = answers[`share:${controller}`];
    if (shares) for (let answer = 0; answer < size; answer += 1) sum[answer] += shares[answer];
  }
  return sum;
}

/** A strike as an object with a value of every column. */
export const strikeAt = (data, row) =>
  ({ row, ...Object.fromEntries(Object.entries(data.strikes).map(([name, column]) => [name, column.at(row)])) });

/** Evidence of one strike, fetched with its neighbours and kept. */
export async function loadEvidence(data, row) {
  const piece = Math.floor(row / data.piece);
  if (!data.pieces.has(piece)) {
    keep(data.pieces, piece, fetchJson(`data/${encodeURIComponent(data.name)}/${piece}.json`));
  }
  return (await data.pieces.get(piece))[row % data.piece];
}

/** What a source's locations are called: a reported strike location, unless the source says otherwise. */
export const nounOf = (data, source) => data.sourceByName.get(source)?.noun ?? "reported strike location";

export const controllerLabel = (data, name) => data.controllerByName.get(name)?.label ?? name;

/** The control map in force on a day: the day it was made, or null. */
export function snapshotOn(data, day) {
  const found = data.snapshots.find(([from, until]) => from <= day && day < until);
  return found ? found[0] : null;
}
