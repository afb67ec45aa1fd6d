// Pointer: what of the map lies under it, told in a tip, and what a click chooses. Nothing is drawn on the map here.

import { strikeAt } from "./data.js";
import { byId } from "./dom.js";
import { placeTitle, span } from "./words.js";

/** Follow the pointer over the map. `onStrikes` gets the rows of the strikes that were clicked, nearest first; `onCell` a hexagon. */
export function watchPointer(map, data, { onStrikes, onCell }) {
  const tip = byId("tip");
  map.on("click", ({ point }) => {
    tip.hidden = true;
    const rows = strikesAt(map, point);
    if (rows.length) return onStrikes(rows);
    const cell = cellAt(map, point);
    return cell && onCell(cell);
  });
  map.on("mousemove", ({ point }) => {
    const rows = strikesAt(map, point);
    const cell = rows.length ? null : cellAt(map, point);
    map.getCanvas().style.cursor = rows.length || cell ? "pointer" : "";
    tip.hidden = !rows.length && !cell;
    if (tip.hidden) return;
    tip.textContent = cell ? `${cell.said} rows: ${cell.held}` : strikesTitle(data, rows);
    placeTip(tip, point, map.getContainer().clientWidth - (byId("evidence").hidden ? 0 : byId("evidence").offsetWidth + 12));
  });
  map.on("movestart", () => { tip.hidden = true; });
  map.getCanvas().addEventListener("mouseleave", () => { tip.hidden = true; });
}

function strikesTitle(data, rows) {
  const strike = strikeAt(data, rows[0]);
  const others = rows.length > 1 ? ` · and ${rows.length - 1} more here` : "";
  return `${placeTitle(strike)} · ${span(strike.day_from, strike.day_to)}${others}`;
}

/** Put the tip beside the pointer, within the part of the map that is not covered. */
function placeTip(tip, { x, y }, width) {
  const gap = 12;
  const left = x + gap + tip.offsetWidth > width - gap ? x - gap - tip.offsetWidth : x + gap;
  tip.style.left = `${Math.max(gap, left)}px`;
  tip.style.top = `${Math.max(gap, y - gap - tip.offsetHeight)}px`;
}

/** What the hexagon at a point of the screen says, or null. */
function cellAt(map, point) {
  if (!map.getLayer("cells")) return null;
  return map.queryRenderedFeatures(point, { layers: ["cells"] })[0]?.properties ?? null;
}

/** Rows of the strikes at a point of the screen: dots first, the nearest of them first, then discs from small to large. */
function strikesAt(map, { x, y }) {
  if (!map.getLayer("strikes")) return [];
  const near = [[x - 6, y - 6], [x + 6, y + 6]];
  const dots = map.queryRenderedFeatures(near, { layers: ["strikes"] });
  const discs = dots.length ? [] : map.queryRenderedFeatures([x, y], { layers: ["discs"] });
  const away = ({ geometry }) => {
    const dot = map.project(geometry.coordinates);
    return Math.hypot(dot.x - x, dot.y - y);
  };
  dots.sort((a, b) => away(a) - away(b));
  discs.sort((a, b) => a.properties.precision_m - b.properties.precision_m);
  return [...new Set([...dots, ...discs].map((feature) => feature.properties.row))];
}
