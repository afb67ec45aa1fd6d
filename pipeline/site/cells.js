// Cells: hexagons that stand for strikes where a tile holds too many to draw each. Belongs here: counting and shaping them.

const EARTH_M = 6_378_137;
const SMALLEST = 0.5;
const parsed = new Map();

/** Hexagons that the loaded tiles hold at the zoom in view: those of one id are parts of one hexagon. */
export function loadedCells(map, source) {
  const known = map.getSource(source);
  const zoom = Math.min(Math.max(Math.floor(map.getZoom()), known.minzoom ?? 0), known.maxzoom ?? 22);
  return map.querySourceFeatures(source, { sourceLayer: "cells", filter: ["==", ["get", "zoom"], zoom] })
    .map(({ properties }) => properties)
    .filter((cell) => !cell.is_background);
}

/** Hexagons of a source for the days chosen, as GeoJSON features: n, the leading holder and its share, and all in words. */
export function drawnCells(cells, { source, from, to }, labelOf) {
  const totals = new Map();
  for (const part of cells) {
    if (part.source !== source) continue;
    const cell = totals.get(part.cell) ?? { part, n: 0, held: new Map() };
    for (const [holder, days] of countsOf(part.counts)) {
      const n = upTo(days, to) - upTo(days, from - 1);
      if (!n) continue;
      cell.n += n;
      cell.held.set(holder, (cell.held.get(holder) ?? 0) + n);
    }
    totals.set(part.cell, cell);
  }
  const shown = [...totals.values()].filter(({ n }) => n > 0);
  const most = Math.max(1, ...shown.map(({ n }) => n));
  return shown.map(({ part, n, held }) => {
    const ranked = [...held].sort(([a, m], [b, k]) => k - m || a.localeCompare(b));
    return {
      type: "Feature",
      geometry: { type: "Polygon", coordinates: [hexagon(part, SMALLEST + (1 - SMALLEST) * Math.sqrt(n / most))] },
      properties: {
        n,
        said: n.toLocaleString("en-GB"),
        controller: ranked[0][0],
        share: ranked[0][1] / n,
        held: ranked.map(([holder, count]) => `${labelOf(holder)} ${count.toLocaleString("en-GB")}`).join(", "),
      },
    };
  });
}

/** holder=step:n,…;… → holder and, in order of the days, each day with the strikes up to it. */
function countsOf(text) {
  if (!parsed.has(text)) {
    parsed.set(text, text.split(";").map((held) => {
      const [holder, steps] = held.split("=");
      let [day, sum] = [0, 0];
      return [holder, steps.split(",").map((step) => {
        const [by, n] = step.split(":").map(Number);
        return [day += by, sum += n];
      })];
    }));
  }
  return parsed.get(text);
}

/** Strikes up to a day: by halving, as playing asks this of every hexagon many times a second. */
function upTo(days, day) {
  let [low, high] = [0, days.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (days[middle][0] <= day) low = middle + 1;
    else high = middle;
  }
  return low ? days[low - 1][1] : 0;
}

/** Corners in degrees of a hexagon given in metres of Web Mercator, closed. */
function hexagon({ east_m: east, north_m: north, radius_m: radius }, scale) {
  return [0, 1, 2, 3, 4, 5, 0].map((corner) => {
    const angle = ((60 * corner + 30) * Math.PI) / 180;
    const x = east + radius * scale * Math.cos(angle);
    const y = north + radius * scale * Math.sin(angle);
    return [(x / EARTH_M) * (180 / Math.PI), Math.atan(Math.sinh(y / EARTH_M)) * (180 / Math.PI)];
  });
}
