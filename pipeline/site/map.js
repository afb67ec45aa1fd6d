// Map: MapLibre, its layers' filters and the pointer. Belongs here: drawing what others chose, telling what was pointed at.

import { Map as MapLibre, NavigationControl, ScaleControl } from "./lib/maplibre-gl.mjs";
import { cellsOf, rowsOfCell, widened } from "./cells.js";
import { controllerLabel } from "./data.js";
import { byId, h } from "./dom.js";
import { drawBox } from "./draw.js";
import { boxOf, discsOf, marksOf, rowsWithin, stacksOf } from "./marks.js";
import { watchPointer } from "./pointer.js";
import { buildStyle, DAY_LAYERS, NAME_LAYERS, nameField, patterns } from "./style.js";
import { tileAddress } from "./tiles.js";
import { count } from "./words.js";

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
 * Draw the map. `onStrikes` gets the rows of the strikes that were clicked, nearest first; `onCell` those of a hexagon,
 * `onCells` all hexagons in view; `onNames` the names wanted. Returns `update(state, rows, chosen)`, `draw(onBox)` for a box by hand, `show(strike)` to go there, `reveal(strike)` to see it beside its evidence, and what of
 * the map is on screen as a `box()` and as a `picture()`.
 */
export function createMap(data, names, { onStrikes, onCell, onCells, onNames }) {
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
  const apply = () => latest && applyState(map, data, latest, onCells);
  map.setMissingStyleImageResolver((id) => {
    const image = patterns(data, theme())[id];
    if (image) map.addImage(id, image, { pixelRatio: 2 });
  });
  map.on("style.load", apply);
  // What is too much to be drawn mark by mark depends on how much of it is in view.
  map.on("moveend", () => latest && latest.rows.length > MOST_MARKS && drawMarks(map, data, latest, onCells));
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
    /** West, south, east, north of what is on screen, in ten-thousandths of a degree. */
    box() {
      return rounded(map.getBounds().toArray().flat());
    },
    draw(onBox) {
      byId("stage").scrollIntoView({ block: "start" });
      drawBox(map, (box) => onBox(rounded(box)));
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

// Finer than a pixel at the nearest zoom.
const rounded = (box) => box.map((degrees) => Math.round(degrees * 1e4) / 1e4);

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

function applyState(map, data, latest, onCells) {
  const { state } = latest;
  const onDay = ["all", ["<=", ["get", "day_from"], state.to], [">", ["get", "day_until"], state.to]];
  const contested = ["==", ["get", "controller"], "contested"];
  for (const layer of DAY_LAYERS) {
    const also = { areas: [["!", contested]], "areas-contested": [contested] }[layer] ?? [];
    map.setFilter(layer, [...onDay, ...also]);
  }
  for (const layer of NAME_LAYERS) map.setLayoutProperty(layer, "text-field", nameField(layer, state.names));
  byId("names")?.setAttribute("aria-pressed", String(state.names === "local"));
  drawMarks(map, data, latest, onCells);
}

/** Draw the rows: each by itself or, where there are more of them in view than can be told apart, as hexagons. */
function drawMarks(map, data, { state, rows, chosen }, onCells) {
  if (!map.getSource("strikes")) return;
  const inView = rows.length > MOST_MARKS ? rowsWithin(data, rows, map.getBounds().toArray().flat()) : rows;
  const isCrowded = inView.length > MOST_MARKS;
  const singles = isCrowded ? [] : inView;
  const cells = isCrowded ? wholeCells(map, data, rows) : [];
  const drawn = {
    strikes: marksOf(data, singles), discs: discsOf(data, singles), stacks: stacksOf(data, singles), cells, box: boxOf(state.region),
    chosen: chosen === null ? [] : marksOf(data, [chosen]),
  };
  for (const [source, features] of Object.entries(drawn)) setFeatures(map, source, features);
  tellOfCells(isCrowded ? inView.length : 0, () => onCells(cells.map(({ properties }) => properties)));
}

/** Hexagons in view, each with all of its rows, also those beyond the edge of the screen. */
function wholeCells(map, data, rows) {
  const zoom = map.getZoom();
  const reached = rowsWithin(data, rows, widened(map.getBounds().toArray().flat(), zoom));
  return cellsOf(data, reached, zoom, (name) => controllerLabel(data, name));
}

/** Give a source its features. One that had none and gets none is left alone: playing asks this many times a second. */
function setFeatures(map, name, features) {
  const source = map.getSource(name);
  if (!features.length && source.isEmpty !== false) return;
  source.isEmpty = !features.length;
  source.setData({ type: "FeatureCollection", features });
}

/** Say how many rows the hexagons stand for: none is left out, and those without a pointer can have them as a list. */
function tellOfCells(rows, onList) {
  const note = byId("gathered");
  note.hidden = !rows;
  if (!rows) return;
  const said = `${count(rows)} rows in view are gathered into hexagons: the colour of who held the ground of most, `
    + "the paler the more mixed. Choose one for its rows, zoom in for single ones, or ";
  note.replaceChildren(h("span", {}, said), h("button", { type: "button", class: "link", onclick: onList }, "list them"));
}
