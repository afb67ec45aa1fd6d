// Rows: the strikes behind a number as CSV and GeoJSON, with the citation. Nothing is drawn here.

import { loadEvidence } from "./data.js";
import { toIso } from "./words.js";

/** The rows of these strikes, each with the report and the row of the raw file that it came from. */
export async function rowsBehind(data, strikes) {
  return Promise.all(strikes.map(async (strike) => {
    const evidence = await loadEvidence(data, strike);
    const { focus, other, unknown, point } = data.answers[strike.answer];
    return {
      strike_id: strike.strike_id,
      episode_id: strike.episode_id,
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
      status: strike.status,
      certainty: strike.certainty,
      focus_share: focus,
      other_share: other,
      unknown_share: unknown,
      focus_at_point: point,
      report_url: evidence.report_url,
      file_name: evidence.file_name,
      line_no: evidence.line_no,
      record_no: evidence.record_no,
    };
  }));
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
  const names = [...Object.keys(rows[0] ?? {}), "citation"];
  const lines = rows.map((row) => names.map((name) => cell(name === "citation" ? cited : row[name])).join(","));
  return `${[names.join(","), ...lines].join("\r\n")}\r\n`;
}

/** Rows as GeoJSON, OGC:CRS84, with the citation beside the features. */
export function toGeoJson(rows, cited) {
  const features = rows.map(({ longitude, latitude, ...properties }) =>
    ({ type: "Feature", geometry: { type: "Point", coordinates: [longitude, latitude] }, properties }));
  return `${JSON.stringify({ type: "FeatureCollection", citation: cited, features })}\n`;
}
