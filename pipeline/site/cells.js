// Cells: hexagons that stand for rows where too many are in view to draw each. Belongs here: counting and shaping them.

const EARTH_M = 6_378_137;
const WORLD_M = 2 * Math.PI * EARTH_M;
const RADIANS = Math.PI / 180;
// From the middle of a hexagon to a corner, as a share of a tile of 512 pixels.
const SHARE = 1 / 24;
const SMALLEST = 0.5;
// More hexagons than there are along any edge of the world at the nearest zoom.
const MOST_STEPS = 2 ** 20;

const radiusAt = (zoom) => (SHARE * WORLD_M) / 2 ** Math.floor(zoom);

/** A box widened so that it holds every row of each hexagon that reaches into it. */
export function widened([west, south, east, north], zoom) {
  const by = (2 * radiusAt(zoom)) / EARTH_M / RADIANS;
  return [west - by, south - by, east + by, north + by];
}

/**
 * Hexagons of these rows at a zoom, as GeoJSON features: `n` rows, the leading holder, its share, and all in words. Every
 * row is in one; they grow with how many they hold.
 */
export function cellsOf(data, rows, zoom, labelOf) {
  const radius = radiusAt(zoom);
  const { codes, words } = data.strikes.controller;
  const cells = new Map();
  for (const row of rows) {
    const cell = cellOf(data, row, radius);
    let held = cells.get(cell);
    if (!held) cells.set(cell, held = new Uint32Array(words.length));
    held[codes[row]] += 1;
  }
  const counted = [...cells].map(([cell, held]) => ({ cell, held, n: held.reduce((sum, n) => sum + n, 0) }));
  const most = counted.reduce((max, { n }) => Math.max(max, n), 1);
  return counted.sort((a, b) => a.cell - b.cell).map(({ cell, held, n }) => {
    const ranked = words.map((name, code) => [name, held[code]]).filter(([, count]) => count)
      .sort(([a, m], [b, k]) => k - m || a.localeCompare(b));
    return {
      type: "Feature",
      geometry: { type: "Polygon", coordinates: [hexagon(cell, radius, SMALLEST + (1 - SMALLEST) * Math.sqrt(n / most))] },
      properties: {
        cell,
        radius,
        n,
        middle: middleOf(cell, radius),
        said: n.toLocaleString("en-GB"),
        controller: ranked[0][0],
        share: ranked[0][1] / n,
        held: ranked.map(([name, count]) => `${labelOf(name)} ${count.toLocaleString("en-GB")}`).join(", "),
      },
    };
  });
}

/** Those of the rows that a hexagon stands for. */
export const rowsOfCell = (data, rows, { cell, radius }) => rows.filter((row) => cellOf(data, row, radius) === cell);

/** Number of the hexagon in which a row lies: rounding of cube coordinates, of which the one furthest off gives way. */
function cellOf({ strikes: { longitude, latitude } }, row, radius) {
  const x = EARTH_M * longitude[row] * RADIANS;
  const y = EARTH_M * Math.asinh(Math.tan(latitude[row] * RADIANS));
  const q = ((x * Math.sqrt(3)) / 3 - y / 3) / radius;
  const r = (y * 2) / 3 / radius;
  let [q0, r0] = [Math.round(q), Math.round(r)];
  const s0 = Math.round(-q - r);
  const [byQ, byR, byS] = [Math.abs(q0 - q), Math.abs(r0 - r), Math.abs(s0 + q + r)];
  if (byQ > byR && byQ > byS) q0 = -r0 - s0;
  else if (byR > byS) r0 = -q0 - s0;
  return (r0 + MOST_STEPS) * 2 * MOST_STEPS + q0 + MOST_STEPS;
}

/** Middle of a hexagon in metres of Web Mercator. */
function metresOf(cell, radius) {
  const r = Math.floor(cell / (2 * MOST_STEPS)) - MOST_STEPS;
  const q = (cell % (2 * MOST_STEPS)) - MOST_STEPS;
  return [radius * Math.sqrt(3) * (q + r / 2), radius * 1.5 * r];
}

const degreesOf = ([x, y]) => [x / EARTH_M / RADIANS, Math.atan(Math.sinh(y / EARTH_M)) / RADIANS];

const middleOf = (cell, radius) => degreesOf(metresOf(cell, radius));

/** Corners of a hexagon in degrees, closed. */
function hexagon(cell, radius, scale) {
  const [east, north] = metresOf(cell, radius);
  return [0, 1, 2, 3, 4, 5, 0].map((corner) => {
    const angle = (60 * corner + 30) * RADIANS;
    return degreesOf([east + radius * scale * Math.cos(angle), north + radius * scale * Math.sin(angle)]);
  });
}
