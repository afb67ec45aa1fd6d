// Map: MapLibre, its layers' filters and the pointer. Belongs here: drawing what others chose, telling what was pointed at.

import { Map as MapLibre, NavigationControl, ScaleControl } from "./lib/maplibre-gl.mjs";
import { drawnCells, loadedCells } from "./cells.js";
import { controllerLabel } from "./data.js";
import { byId, h } from "./dom.js";
import { buildStyle, DAY_LAYERS, NAME_LAYERS, nameField, patterns, STRIKE_LAYERS } from "./style.js";
import { tileAddress } from "./tiles.js";
import { count, span } from "./words.js";

const REACH_DEGREES = 5;
const dark = matchMedia("(prefers-color-scheme: dark)");
const still = matchMedia("(prefers-reduced-motion: reduce)");

export const theme = () => (dark.matches ? "dark" : "light");
/** Call back when the reader's system turns dark or light. */
export const onTheme = (callback) => dark.addEventListener("change", callback);

/**
 * Draw the map. `onStrikes` gets the ids of the strikes that were clicked, nearest first; `onNames` the names wanted.
 * Returns `update(state, strikes)`, `show(strike)` to go there, `reveal(strike)` to see it beside its evidence, and what of
 * the map is on screen as a `box()` and as a `picture()`.
 */
export function createMap(data, names, { onStrikes, onNames }) {
  const tiles = tileAddress(data.tiles);
  const [west, south, east, north] = data.extent;
  const map = new MapLibre({
    container: "map",
    style: buildStyle(data, theme(), tiles, names),
    bounds: data.land,
    // To the sides, room for the names of towns at the edges of the land.
    fitBoundsOptions: { padding: { top: 14, right: 40, bottom: 14, left: 46 } },
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
  let cells = [];
  const drawCells = () => {
    if (!latest || !map.getSource("cells")) return;
    const features = drawnCells(cells, latest[0], (name) => controllerLabel(data, name));
    map.getSource("cells").setData({ type: "FeatureCollection", features });
    // Where strikes are gathered, hexagons tell how many there are.
    map.setLayoutProperty("stacks", "visibility", features.length ? "none" : "visible");
    tellOfCells(features, latest[0]);
  };
  const apply = () => {
    if (!latest) return;
    applyState(map, data, ...latest);
    drawCells();
  };
  map.setMissingStyleImageResolver((id) => {
    const image = patterns(data, theme())[id];
    if (image) map.addImage(id, image, { pixelRatio: 2 });
  });
  map.on("style.load", apply);
  map.on("idle", () => {
    const loaded = loadedCells(map, "theatre");
    const isSame = loaded.length === cells.length && loaded.every((cell, at) =>
      cell.cell === cells[at].cell && cell.zoom === cells[at].zoom && cell.counts === cells[at].counts);
    cells = loaded;
    if (!isSame) drawCells();
  });
  onTheme(() => map.setStyle(buildStyle(data, theme(), tiles, latest?.[0].names ?? names), { diff: false }));
  watchPointer(map, data, onStrikes);
  return {
    update(state, strikes) {
      latest = [state, strikes];
      if (map.isStyleLoaded() || map.getLayer("strikes")) apply();
    },
    show(strike) {
      byId("stage").scrollIntoView({ block: "start" });
      const zoom = Math.max(map.getZoom(), strike.is_area ? 7 : 8);
      map.easeTo({ center: [strike.longitude, strike.latitude], zoom, offset: clearOf(map), animate: !still.matches });
    },
    /** West, south, east, north of what is on screen, in hundredths of a degree. */
    box() {
      return map.getBounds().toArray().flat().map((degrees) => Math.round(degrees * 100) / 100);
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
  const wide = map.getContainer().clientWidth > 640;
  return [wide ? -byId("evidence").offsetWidth / 2 : 0, 0];
}

function applyState(map, data, state, strikes) {
  const onDay = ["all", ["<=", ["get", "day_from"], state.to], [">", ["get", "day_until"], state.to]];
  const contested = ["==", ["get", "controller"], "contested"];
  for (const layer of DAY_LAYERS) {
    const also = { areas: [["!", contested]], "areas-contested": [contested] }[layer] ?? [];
    map.setFilter(layer, [...onDay, ...also]);
  }
  const shown = strikeFilter(state, strikes);
  for (const layer of STRIKE_LAYERS) map.setFilter(layer, shown);
  map.setFilter("chosen", ["==", ["get", "strike_id"], state.strike ?? ""]);
  map.getSource("stacks").setData({ type: "FeatureCollection", features: stacks(strikes) });
  for (const layer of NAME_LAYERS) map.setLayoutProperty(layer, "text-field", nameField(layer, state.names));
  byId("names")?.setAttribute("aria-pressed", String(state.names === "local"));
}

/** The same choice as selection.strikesOf, for the tiles; regions are not in them, so there the strikes are named. */
const strikeFilter = (state, strikes) => [
  "all",
  ["==", ["get", "source"], state.source],
  ["!", ["get", "is_background"]],
  [">=", ["get", "day_from"], state.from],
  ["<=", ["get", "day_from"], state.to],
  ...(state.confidence ? [["==", ["get", "confidence"], state.confidence]] : []),
  ...(state.region ? [["in", ["get", "strike_id"], ["literal", strikes.map((strike) => strike.strike_id)]]] : []),
];

/** Places at which more than one strike is shown, so that none hides another unseen. */
function stacks(strikes) {
  const places = new Map();
  for (const strike of strikes) {
    const key = `${strike.longitude} ${strike.latitude}`;
    const there = places.get(key);
    if (there) there.push(strike);
    else places.set(key, [strike]);
  }
  return [...places.values()].filter((there) => there.length > 1).map((there) => ({
    type: "Feature",
    geometry: { type: "Point", coordinates: [there[0].longitude, there[0].latitude] },
    properties: { count: there.length },
  }));
}

/** Say how many strikes the hexagons stand for: none is left out, but none can be clicked either. */
function tellOfCells(features, { confidence, region }) {
  const note = byId("gathered");
  const strikes = features.reduce((sum, { properties }) => sum + properties.n, 0);
  note.hidden = !strikes;
  if (!strikes) return;
  note.textContent = `${count(strikes)} rows in view are gathered into hexagons: `
    + "the colour of who held the ground of most, the paler the more mixed. Zoom in for single ones."
    + (confidence || region ? " They hold the whole source, whatever its figures are narrowed to." : "");
}

function watchPointer(map, data, onStrikes) {
  const tip = byId("tip");
  map.on("click", ({ point }) => {
    tip.hidden = true;
    const ids = strikesAt(map, point);
    if (ids.length) onStrikes(ids);
  });
  map.on("mousemove", ({ point }) => {
    const ids = strikesAt(map, point);
    const [cell] = ids.length || !map.getLayer("cells") ? [] : map.queryRenderedFeatures(point, { layers: ["cells"] });
    map.getCanvas().style.cursor = ids.length ? "pointer" : "";
    tip.hidden = !ids.length && !cell;
    if (tip.hidden) return;
    tip.textContent = cell ? `${cell.properties.said} rows: ${cell.properties.held}` : strikesTitle(data, ids);
    placeTip(tip, point, map.getContainer().clientWidth - (byId("evidence").hidden ? 0 : byId("evidence").offsetWidth + 12));
  });
  map.on("movestart", () => { tip.hidden = true; });
  map.getCanvas().addEventListener("mouseleave", () => { tip.hidden = true; });
}

function strikesTitle(data, ids) {
  const strike = data.strikeById.get(ids[0]);
  const others = ids.length > 1 ? ` · and ${ids.length - 1} more here` : "";
  return `${strike.place ?? "Unnamed place"} · ${span(strike.day_from, strike.day_to)}${others}`;
}

/** Put the tip beside the pointer, within the part of the map that is not covered. */
function placeTip(tip, { x, y }, width) {
  const gap = 12;
  const left = x + gap + tip.offsetWidth > width - gap ? x - gap - tip.offsetWidth : x + gap;
  tip.style.left = `${Math.max(gap, left)}px`;
  tip.style.top = `${Math.max(gap, y - gap - tip.offsetHeight)}px`;
}

/** Ids of the strikes at a point of the screen: dots first, then discs from small to large. */
function strikesAt(map, { x, y }) {
  if (!map.getLayer("strikes")) return [];
  const near = [[x - 6, y - 6], [x + 6, y + 6]];
  const dots = map.queryRenderedFeatures(near, { layers: ["strikes"] });
  const discs = dots.length ? [] : map.queryRenderedFeatures([x, y], { layers: ["discs"] });
  discs.sort((a, b) => a.properties.precision_m - b.properties.precision_m);
  return [...new Set([...dots, ...discs].map((feature) => feature.properties.strike_id))];
}
