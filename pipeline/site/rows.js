// Rows: the strikes behind a number as CSV and GeoJSON, with the citation. Nothing is drawn here.

import { strikeAt } from "./data.js";
import { toIso } from "./words.js";

const COLUMNS = [
  "strike_id", "episode_id", "source", "place", "province", "latitude", "longitude", "precision_m", "date_from", "date_to",
  "confidence", "controller", "status", "certainty", "focus_share", "other_share", "unknown_share", "focus_at_point",
  "report_url", "file_name", "line_no", "record_no",
];

/** The rows of these strikes, each with the report and the row of the raw file that it came from. */
export async function rowsBehind(data, strikes) {
  const papers = await data.papers();
  const paper = (name, row) => papers[name].at(row);
  // A number that is missing is NaN in a column.
  const numbered = (name, row) => (Number.isNaN(paper(name, row)) ? null : paper(name, row));
  return [...strikes].map((row) => {
    const strike = strikeAt(data, row);
    const share = (name) => data.answers[name][strike.answer];
    return {
      strike_id: paper("strike_id", row),
      episode_id: paper("episode_id", row),
      source: strike.source,
      place: strike.place,
      province: strike.province,
      latitude: strike.latitude,
      longitude: strike.longitude,
      precision_m: strike.precision_m,
      date_from: toIso(strike.day_from),
      date_to: toIso(strike.day_to),
      confidence: strike.confidence,
      controller: strike.controller,
      status: paper("status", row),
      certainty: strike.certainty,
      focus_share: share("focus"),
      other_share: share("other"),
      unknown_share: share("unknown"),
      focus_at_point: share("point"),
      report_url: paper("report_url", row),
      file_name: paper("file_name", row),
      line_no: numbered("line_no", row),
      record_no: numbered("record_no", row),
    };
  });
}

// As in the release's csv files: what a spreadsheet takes for the beginning of a formula, or skips before one.
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

function cell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Rows as CSV: a head of one line, the rows, and the citation in a column of its own, so that it stays when rows move. */
export function toCsv(rows, cited) {
  const names = [...COLUMNS, "citation"];
  const lines = rows.map((row) => names.map((name) => cell(name === "citation" ? cited : row[name])).join(","));
  return `${[names.join(","), ...lines].join("\r\n")}\r\n`;
}

/** Rows as GeoJSON, OGC:CRS84, with the citation beside the features. */
export function toGeoJson(rows, cited) {
  const features = rows.map(({ longitude, latitude, ...properties }) =>
    ({ type: "Feature", geometry: { type: "Point", coordinates: [longitude, latitude] }, properties }));
  return `${JSON.stringify({ type: "FeatureCollection", citation: cited, features })}\n`;
}
