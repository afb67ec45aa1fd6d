// Marks: rows as features of the map: points, the discs of areas, and how many are at one point. Belongs here: shaping
// them. No style, and nothing of MapLibre.

import { edgesOf } from "./selection.js";

const EARTH_M = 6_371_008.8;
const RADIANS = Math.PI / 180;
const METRES_A_DEGREE = EARTH_M * RADIANS;
const CORNERS = 64;

/** Those of the rows whose coordinate lies within west, south, east, north, or whose disc reaches into it. */
export function rowsWithin({ strikes }, rows, [west, south, east, north]) {
  const { longitude, latitude, is_area: isArea, precision_m: precision } = strikes;
  return rows.filter((row) => {
    const up = isArea[row] ? precision[row] / METRES_A_DEGREE : 0;
    const aside = up / Math.cos(latitude[row] * RADIANS);
    return longitude[row] >= west - aside && longitude[row] <= east + aside && latitude[row] >= south - up && latitude[row] <= north + up;
  });
}

/** A point a row. */
export function marksOf({ strikes }, rows) {
  return [...rows].map((row) => feature({ type: "Point", coordinates: at(strikes, row) }, {
    row, controller: strikes.controller.at(row), certainty: strikes.certainty.at(row), is_area: Boolean(strikes.is_area[row]),
  }));
}

/** The precision disc of each row that is an area, true on the ground. */
export function discsOf({ strikes }, rows) {
  return [...rows].filter((row) => strikes.is_area[row]).map((row) => feature(
    { type: "Polygon", coordinates: [circle(at(strikes, row), strikes.precision_m[row])] },
    { row, controller: strikes.controller.at(row), precision_m: strikes.precision_m[row] },
  ));
}

/** Points at which more than one row is shown, so that none hides another unseen. */
export function stacksOf({ strikes }, rows) {
  const places = new Map();
  for (const row of rows) {
    const there = places.get(strikes.place_no[row]);
    if (there) there.push(row);
    else places.set(strikes.place_no[row], [row]);
  }
  return [...places.values()].filter((there) => there.length > 1)
    .map((there) => feature({ type: "Point", coordinates: at(strikes, there[0]) }, { count: there.length }));
}

/** The box of a region that is one, as a line; nothing of another. */
export function boxOf(region) {
  const edges = edgesOf(region);
  if (!edges) return [];
  const [west, south, east, north] = edges;
  const ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
  return [feature({ type: "LineString", coordinates: ring }, {})];
}

const feature = (geometry, properties) => ({ type: "Feature", geometry, properties });
const at = ({ longitude, latitude }, row) => [longitude[row], latitude[row]];

/** Points so many metres from a middle in every direction, on the sphere; closed. */
function circle([longitude, latitude], metres) {
  const far = metres / EARTH_M;
  const [sin, cos] = [Math.sin(latitude * RADIANS), Math.cos(latitude * RADIANS)];
  return Array.from({ length: CORNERS + 1 }, (_, corner) => {
    const bearing = (2 * Math.PI * (corner % CORNERS)) / CORNERS;
    const north = Math.asin(sin * Math.cos(far) + cos * Math.sin(far) * Math.cos(bearing));
    const east = Math.atan2(Math.sin(bearing) * Math.sin(far) * cos, Math.cos(far) - sin * Math.sin(north));
    return [longitude + east / RADIANS, north / RADIANS];
  });
}
