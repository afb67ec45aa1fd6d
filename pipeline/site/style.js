// Style: how the map looks, light and dark. Belongs here: layers, colours, patterns. No data is chosen here.

const SANS = ["Noto Sans", "Helvetica Neue", "Arial", "sans-serif"];
const SANS_BOLD = ["Noto Sans Bold", "Helvetica Neue Bold", "Arial Bold", "sans-serif"];

// Natural Earth's ranks run from 0 (largest) to 10: the towns that every zoom names, abroad and in the theatre's own land.
const CITY_RANK = 4;
const OWN_RANK = 8;
const NONE = -1;

const INKS = {
  light: {
    sea: "#d3e0e8", abroad: "#eceae4", land: "#fbfaf7", hatch: "#dcd8ce", border: "#98928a", province: "#bdb7ac", water: "#c3d6e2",
    river: "#b4cbd9", front: "#2b2b2b", label: "#45423c", minor: "#8b867c", halo: "#fbfaf7", stroke: "#ffffff", ring: "#111111",
  },
  dark: {
    sea: "#1d2b37", abroad: "#14171b", land: "#22262c", hatch: "#343a42", border: "#6d7580", province: "#454c56", water: "#2c4252",
    river: "#2f4757", front: "#eceae4", label: "#d5d7da", minor: "#89909a", halo: "#1a1d22", stroke: "#14171b", ring: "#ffffff",
  },
};

/** A colour as it is shown: on dark ground the darker ones are lifted, so that grey ISIS ground can be told from none. */
export function tone(colour, theme) {
  if (theme === "light") return colour;
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const lightness = (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
  const lift = Math.max(0, 0.62 - lightness) * 0.85;
  return `#${[r, g, b].map((part) => Math.round(part + (255 - part) * lift).toString(16).padStart(2, "0")).join("")}`;
}

/** Expression: the colour of a feature's controller. */
function byController(data, theme, property = "controller") {
  const unknown = data.controllers.find((controller) => controller.name === "unknown");
  const pairs = data.controllers.flatMap((controller) => [controller.name, tone(controller.colour, theme)]);
  return ["match", ["get", property], ...pairs, tone(unknown.colour, theme)];
}

/** A tile of diagonal stripes, drawn at twice its size for sharp screens. */
function stripes(colour, ground, share) {
  const size = 24;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const pen = canvas.getContext("2d");
  if (ground) {
    pen.fillStyle = ground;
    pen.fillRect(0, 0, size, size);
  }
  pen.strokeStyle = colour;
  pen.lineWidth = size * share * Math.SQRT1_2;
  for (const shift of [-size, 0, size]) {
    pen.beginPath();
    pen.moveTo(shift - size * 0.5, size * 1.5);
    pen.lineTo(shift + size * 1.5, -size * 0.5);
    pen.stroke();
  }
  return pen.getImageData(0, 0, size, size);
}

/** Images that the style names. */
export function patterns(data, theme) {
  const ink = INKS[theme];
  const contested = data.controllers.find((controller) => controller.name === "contested");
  return {
    unknown: stripes(ink.hatch, ink.land, 0.14),
    contested: stripes(tone(contested.colour, theme), ink.land, 0.4),
  };
}

// Layers that follow the day, and those that hold names.
export const DAY_LAYERS = ["areas-ground", "areas", "areas-contested", "fronts-casing", "fronts"];
export const NAME_LAYERS = ["country-names", "province-names", "towns", "cities"];

// What the page draws of the chosen rows, each a source of its own; the rest comes from the tiles.
const DRAWN = ["cells", "discs", "strikes", "chosen", "stacks", "box"];
const drawn = (id, type, source, rest) => ({ id, type, source, ...rest });

const uncertain = ["any", ["==", ["get", "certainty"], "uncertain"], ["==", ["get", "controller"], "unknown"]];

/** The whole style for one theatre. */
export function buildStyle(data, theme, tiles, names) {
  const ink = INKS[theme];
  const colour = byController(data, theme);
  const base = (id, type, source, rest) => ({ id, type, source: "theatre", "source-layer": source, ...rest });
  return {
    version: 8,
    sources: {
      theatre: { type: "vector", url: tiles },
      ...Object.fromEntries(DRAWN.map((name) => [name, { type: "geojson", data: { type: "FeatureCollection", features: [] } }])),
    },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": ink.sea } },
      base("abroad", "fill", "land", { paint: { "fill-color": ink.abroad, "fill-antialias": false } }),
      base("land", "fill", "land", { filter: ["get", "is_theatre"], paint: { "fill-pattern": "unknown" } }),
      base("areas-ground", "fill", "areas", { paint: { "fill-color": ink.land, "fill-antialias": false } }),
      base("areas", "fill", "areas", {
        paint: { "fill-color": colour, "fill-opacity": theme === "light" ? 0.3 : 0.4, "fill-antialias": false },
      }),
      base("areas-contested", "fill", "areas", { paint: { "fill-pattern": "contested", "fill-opacity": 0.6 } }),
      base("lakes", "fill", "lakes", { paint: { "fill-color": ink.water } }),
      base("rivers", "line", "rivers", { paint: { "line-color": ink.river, "line-width": widths(0.8, 2) } }),
      base("provinces", "line", "provinces", {
        paint: { "line-color": ink.province, "line-width": 0.8, "line-dasharray": [3, 2] },
      }),
      base("fronts-casing", "line", "fronts", {
        paint: { "line-color": ink.land, "line-width": widths(2.4, 4.5), "line-opacity": 0.75 },
      }),
      base("fronts", "line", "fronts", { paint: { "line-color": ink.front, "line-width": widths(0.8, 1.8) } }),
      base("borders", "line", "land", {
        paint: {
          "line-color": ink.border,
          "line-width": ["case", ["get", "is_theatre"], 1.6, 0.8],
        },
      }),
      drawn("discs", "fill", "discs", { paint: { "fill-color": colour, "fill-opacity": 0.09 } }),
      drawn("disc-edges", "line", "discs", {
        paint: { "line-color": colour, "line-width": 1.2, "line-opacity": 0.75, "line-dasharray": [3, 2] },
      }),
      ...cellLayers(ink, colour),
      strikeLayer(ink, colour),
      drawn("box", "line", "box", { paint: { "line-color": ink.ring, "line-width": 1.6, "line-dasharray": [4, 2] } }),
      // Under the names, which come first where there is no room for both.
      drawn("stacks", "symbol", "stacks", {
        layout: {
          "text-field": ["concat", "×", ["get", "count"]], "text-font": SANS_BOLD, "text-size": 11,
          "text-anchor": "bottom-left", "text-offset": [0.35, -0.25], "text-padding": 2,
          "symbol-sort-key": ["-", ["get", "count"]],
        },
        paint: { "text-color": ink.label, "text-halo-color": ink.halo, "text-halo-width": 1.6 },
      }),
      ...labels(base, ink, data.has_towns, names),
      drawn("chosen", "circle", "chosen", {
        paint: {
          "circle-radius": radius(5), "circle-color": "rgba(0,0,0,0)",
          "circle-stroke-color": ink.ring, "circle-stroke-width": 2.5,
        },
      }),
    ],
  };
}

/** Hexagons of gathered strikes: the colour of the leading holder, the paler the less it leads. */
function cellLayers(ink, colour) {
  return [
    drawn("cells-ground", "fill", "cells", { paint: { "fill-color": ink.land } }),
    drawn("cells", "fill", "cells", {
      paint: { "fill-color": colour, "fill-opacity": ["interpolate", ["linear"], ["get", "share"], 0.3, 0.45, 1, 1] },
    }),
    drawn("cell-edges", "line", "cells", { paint: { "line-color": ink.stroke, "line-width": 1.2 } }),
    drawn("cell-counts", "symbol", "cells", {
      layout: {
        "text-field": ["get", "said"], "text-font": SANS_BOLD, "text-size": 10.5, "text-allow-overlap": true,
        "symbol-sort-key": ["-", ["get", "n"]],
      },
      paint: { "text-color": ink.label, "text-halo-color": ink.halo, "text-halo-width": 1.5 },
    }),
  ];
}

function strikeLayer(ink, colour) {
  return drawn("strikes", "circle", "strikes", {
    layout: { "circle-sort-key": ["case", ["get", "is_area"], 0, 1] },
    paint: {
      "circle-radius": radius(0),
      "circle-color": ["case", uncertain, ink.land, colour],
      "circle-stroke-color": ["case", uncertain, colour, ink.stroke],
      "circle-stroke-width": ["case", uncertain, 2.4, 1.3],
    },
  });
}

/** A place known well is a full dot; the middle of an area only a small one. */
function radius(more) {
  const at = (full) => ["+", more, ["case", ["get", "is_area"], full * 0.6, full]];
  return ["interpolate", ["linear"], ["zoom"], 4, at(4), 7, at(6.5), 10, at(9)];
}

const widths = (low, high) => ["interpolate", ["linear"], ["zoom"], 5, low, 10, high];

/** What a label says: the name in Latin letters, or in the theatre's own where there is one. */
export function nameField(layer, names) {
  const name = names === "local" ? ["coalesce", ["get", "name_local"], ["get", "name"]] : ["get", "name"];
  return layer === "cities" || layer === "towns" ? name : ["upcase", name];
}

function labels(base, ink, hasTowns, names) {
  const halo = { "text-halo-color": ink.halo, "text-halo-width": 1.6 };
  return [
    base("country-names", "symbol", "land_names", {
      filter: ["all", ["!", ["get", "is_theatre"]], ["step", ["zoom"], ["get", "is_near"], 6.5, true]],
      maxzoom: 8,
      layout: {
        "text-field": nameField("country-names", names), "text-font": SANS, "text-size": 11,
        "text-letter-spacing": 0.18, "text-max-width": 8,
      },
      paint: { "text-color": ink.minor, "text-halo-color": ink.abroad, "text-halo-width": 1 },
    }),
    base("province-names", "symbol", "province_names", {
      minzoom: hasTowns ? 6.8 : 5,
      layout: {
        "text-field": nameField("province-names", names), "text-font": SANS, "text-size": 10,
        "text-letter-spacing": 0.12, "text-max-width": 8,
      },
      paint: { "text-color": ink.minor, ...halo },
    }),
    base("town-dots", "circle", "towns", {
      filter: townsByZoom(),
      paint: {
        "circle-radius": 2, "circle-color": ink.halo, "circle-stroke-color": ink.label, "circle-stroke-width": 1,
      },
    }),
    // Above the marks, with a halo: a name under a ring is not a name.
    base("towns", "symbol", "towns", {
      filter: ["all", townsByZoom(), [">", ["get", "rank"], CITY_RANK]],
      layout: townLayout("towns", names, SANS, 11.5, 0.7),
      paint: { "text-color": ink.label, ...halo },
    }),
    base("cities", "symbol", "towns", {
      filter: ["all", townsByZoom(), ["<=", ["get", "rank"], CITY_RANK]],
      layout: townLayout("cities", names, SANS_BOLD, 13, 0.9),
      paint: { "text-color": ink.label, ...halo },
    }),
  ];
}

function townLayout(layer, names, font, size, offset) {
  return {
    "text-field": nameField(layer, names), "text-font": font, "text-size": size, "text-padding": 3,
    "text-variable-anchor": ["left", "right", "top", "bottom"], "text-radial-offset": offset, "text-justify": "auto",
    "symbol-sort-key": ["get", "rank"],
  };
}

/** The theatre's own towns are named early, so that a reader finds the way; those abroad only when there is room. */
function townsByZoom() {
  const upTo = (own, abroad) => ["case", ["get", "is_theatre"], own, abroad];
  return ["<=", ["get", "rank"],
    ["step", ["zoom"], upTo(OWN_RANK, NONE), 5.1, upTo(OWN_RANK, CITY_RANK), 6.8, upTo(10, 7), 8, 10]];
}
