// Map: MapLibre, its layers' filters and the pointer. Belongs here: drawing what others chose, telling what was pointed at.

import { Map as MapLibre, NavigationControl, ScaleControl } from "./lib/maplibre-gl.mjs";
import { cellsOf, rowsOfCell } from "./cells.js";
import { controllerLabel, strikeAt } from "./data.js";
import { byId, h } from "./dom.js";
import { drawBox } from "./draw.js";
import { boxOf, discsOf, marksOf, rowsWithin, stacksOf } from "./marks.js";
import { buildStyle, DAY_LAYERS, NAME_LAYERS, nameField, patterns } from "./style.js";
import { tileAddress } from "./tiles.js";
import { count, placeTitle, span } from "./words.js";

const REACH_DEGREES = 5;
const NARROW = 640;
// More marks than this hide each other, and are slow to draw.
const MOST_MARKS = 5000;
const dark = matchMedia("(prefers-color-scheme: dark)");
const still = matchMedia("(prefers-reduced-motion: reduce)");

export const theme = () => (dark.matches ? "dark" : "light");
/** Call back when the reader's system turns dark or light. */
export const onTheme = (callback) => dark.addEventListener("change", callback);

/**
 * Draw the map. `onStrikes` gets the rows of the strikes that were clicked, nearest first; `onCell` those of a hexagon;
 * `onNames` the names wanted. Returns `update(state, rows, chosen)`, `draw(onBox)` for a box by hand, `show(strike)` to go there, `reveal(strike)` to see it beside its evidence, and what of
 * the map is on screen as a `box()` and as a `picture()`.
 */
export function createMap(data, names, { onStrikes, onCell, onNames }) {
  const tiles = tileAddress(data.tiles);
  const [west, south, east, north] = data.extent;
  const map = new MapLibre({
    container: "map",
    style: buildStyle(data, theme(), tiles, names),
    bounds: data.land,
    // To the sides, room for the names of towns at the edges of the land; on a phone these are nearer to each other.
    fitBoundsOptions: { padding: { top: 14, bottom: 14, ...(byId("map").clientWidth > NARROW ? { left: 46, right: 40 } : { left: 58, right: 66 }) } },
    maxBounds: [[west - REACH_DEGREES, south - REACH_DEGREES], [east + REACH_DEGREES, north + REACH_DEGREES]],
    maxZoom: 12,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    fadeDuration: still.matches ? 0 : 150,
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  // Below, where the ground is desert or sea: no corner of the fighting lies under a button.
  map.addControl(new NavigationControl({ showCompass: false }), "bottom-right");
  map.addControl(new ScaleControl({ unit: "metric", maxWidth: 90 }), "bottom-left");
  if (data.language_local) map.addControl(namesControl(data, onNames), "top-left");
  let latest = null;
  const apply = () => latest && applyState(map, data, latest);
  map.setMissingStyleImageResolver((id) => {
    const image = patterns(data, theme())[id];
    if (image) map.addImage(id, image, { pixelRatio: 2 });
  });
  map.on("style.load", apply);
  // What is too much to be drawn mark by mark depends on how much of it is in view.
  map.on("moveend", () => latest && latest.rows.length > MOST_MARKS && drawMarks(map, data, latest));
  onTheme(() => map.setStyle(buildStyle(data, theme(), tiles, latest?.state.names ?? names), { diff: false }));
  watchPointer(map, data, { onStrikes, onCell: (cell) => onCell(rowsOfCell(data, latest.rows, cell)) });
  return {
    update(state, rows, chosen) {
      latest = { state, rows, chosen };
      if (map.isStyleLoaded() || map.getLayer("strikes")) apply();
    },
    show(strike) {
      byId("stage").scrollIntoView({ block: "start" });
      const zoom = Math.max(map.getZoom(), strike.is_area ? 7 : 8);
      map.easeTo({ center: [strike.longitude, strike.latitude], zoom, offset: clearOf(map), animate: !still.matches });
    },
    /** West, south, east, north of what is on screen, in hundredths of a degree. */
    box() {
      return hundredths(map.getBounds().toArray().flat());
    },
    draw(onBox) {
      byId("stage").scrollIntoView({ block: "start" });
      drawBox(map, (box) => onBox(hundredths(box)));
    },
    /** The canvas as it stands, which can be read only while it is drawn. */
    picture() {
      return new Promise((resolve) => {
        map.once("render", async () => {
          const { clientWidth, clientHeight } = map.getContainer();
          const bitmap = await createImageBitmap(map.getCanvas());
          resolve({ bitmap, cssWidth: clientWidth, cssHeight: clientHeight });
        });
        map.triggerRepaint();
      });
    },
    reveal(strike) {
      const center = [strike.longitude, strike.latitude];
      const covered = 2 * -clearOf(map)[0];
      if (covered && map.project(center).x > map.getContainer().clientWidth - covered - 20) {
        map.easeTo({ center, offset: clearOf(map), animate: !still.matches });
      }
    },
  };
}

const hundredths = (box) => box.map((degrees) => Math.round(degrees * 100) / 100);

/** A button that turns the names on the map from Latin letters to the theatre's own and back. */
function namesControl(data, onNames) {
  const code = data.language_local;
  const named = (locale) => new Intl.DisplayNames([locale], { type: "language" }).of(code);
  const button = h("button", {
    type: "button", id: "names", "aria-pressed": "false", title: `Names in ${named("en")}`,
    onclick: () => onNames(button.getAttribute("aria-pressed") === "true" ? "latin" : "local"),
  }, h("span", { lang: code, dir: "auto" }, named(code)));
  const group = h("div", { class: "maplibregl-ctrl maplibregl-ctrl-group" }, button);
  return { onAdd: () => group, onRemove: () => group.remove() };
}

/** Shift of the map's middle that keeps it clear of the evidence, which lies on the map where there is room beside it. */
function clearOf(map) {
  const wide = map.getContainer().clientWidth > NARROW;
  return [wide ? -byId("evidence").offsetWidth / 2 : 0, 0];
}

function applyState(map, data, latest) {
  const { state } = latest;
  const onDay = ["all", ["<=", ["get", "day_from"], state.to], [">", ["get", "day_until"], state.to]];
  const contested = ["==", ["get", "controller"], "contested"];
  for (const layer of DAY_LAYERS) {
    const also = { areas: [["!", contested]], "areas-contested": [contested] }[layer] ?? [];
    map.setFilter(layer, [...onDay, ...also]);
  }
  for (const layer of NAME_LAYERS) map.setLayoutProperty(layer, "text-field", nameField(layer, state.names));
  byId("names")?.setAttribute("aria-pressed", String(state.names === "local"));
  drawMarks(map, data, latest);
}

/** Draw the rows: each by itself or, where there are more of them in view than can be told apart, as hexagons. */
function drawMarks(map, data, { state, rows, chosen }) {
  if (!map.getSource("strikes")) return;
  const inView = rows.length > MOST_MARKS ? rowsWithin(data, rows, map.getBounds().toArray().flat()) : rows;
  const isCrowded = inView.length > MOST_MARKS;
  const singles = isCrowded ? [] : inView;
  const cells = isCrowded ? cellsOf(data, inView, map.getZoom(), (name) => controllerLabel(data, name)) : [];
  const drawn = {
    strikes: marksOf(data, singles), discs: discsOf(data, singles), stacks: stacksOf(data, singles), cells, box: boxOf(state.region),
    chosen: chosen === null ? [] : marksOf(data, [chosen]),
  };
  for (const [source, features] of Object.entries(drawn)) setFeatures(map, source, features);
  tellOfCells(isCrowded ? inView.length : 0);
}

/** Give a source its features. One that had none and gets none is left alone: playing asks this many times a second. */
function setFeatures(map, name, features) {
  const source = map.getSource(name);
  if (!features.length && source.isEmpty !== false) return;
  source.isEmpty = !features.length;
  source.setData({ type: "FeatureCollection", features });
}

/** Say how many rows the hexagons stand for: none is left out. */
function tellOfCells(rows) {
  const note = byId("gathered");
  note.hidden = !rows;
  note.textContent = rows ? `${count(rows)} rows in view are gathered into hexagons: the colour of who held the ground of most, `
    + "the paler the more mixed. Choose one for its rows, or zoom in for single ones." : "";
}

function watchPointer(map, data, { onStrikes, onCell }) {
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

/** Rows of the strikes at a point of the screen: dots first, then discs from small to large. */
function strikesAt(map, { x, y }) {
  if (!map.getLayer("strikes")) return [];
  const near = [[x - 6, y - 6], [x + 6, y + 6]];
  const dots = map.queryRenderedFeatures(near, { layers: ["strikes"] });
  const discs = dots.length ? [] : map.queryRenderedFeatures([x, y], { layers: ["discs"] });
  discs.sort((a, b) => a.properties.precision_m - b.properties.precision_m);
  return [...new Set([...dots, ...discs].map((feature) => feature.properties.row))];
}
