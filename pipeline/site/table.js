// Table: the rows behind a number, to read, to copy, to take away; for those too who cannot or would not use a map.

import { controllerLabel, nounOf, strikeAt } from "./data.js";
import { byId, h, swatch } from "./dom.js";
import { countEpisodes } from "./figures.js";
import { copyButton, download, fileName } from "./files.js";
import { theme } from "./map.js";
import { rowsBehind, toCsv, toGeoJson } from "./rows.js";
import { tone } from "./style.js";
import { count, metres, percent, placeTitle, plural, span } from "./words.js";

const COLUMNS = ["Place", "Ground held by", "Days", "Province", "How sure", "Precision"];
// More rows than this no browser draws in a moment: the next ones come when they are asked for.
const ROWS_AT_ONCE = 2000;

/**
 * Open the table of these strikes. `title` says what they are, `cited` gives the citation, `onStrike` gets the
 * one that was chosen, `onFailure` why a file could not be made.
 */
export function openTable(data, state, strikes, { title, cited, release, onStrike, onFailure }) {
  const dialog = byId("rows");
  const focus = controllerLabel(data, data.focus);
  const choose = (strike) => {
    dialog.close();
    onStrike(strike);
  };
  const csv = async () => toCsv(await rowsBehind(data, strikes), cited());
  const geoJson = async () => toGeoJson(await rowsBehind(data, strikes), cited());
  const take = (make, extension, type) => async () => {
    try {
      download(await make(), fileName(data, state, release, extension), type);
    } catch (error) {
      dialog.close();
      onFailure(error);
    }
  };
  const body = h("tbody", {});
  const more = h("button", { type: "button", id: "more-rows", onclick: () => showMore() });
  const showMore = () => {
    const shown = body.children.length;
    body.append(...[...strikes.slice(shown, shown + ROWS_AT_ONCE)].map((at) => row(data, strikeAt(data, at), choose)));
    more.hidden = body.children.length >= strikes.length;
    more.textContent = `${count(body.children.length)} of ${count(strikes.length)} rows are shown: show more`;
  };
  showMore();
  dialog.replaceChildren(
    h("div", { class: "bar-top" },
      h("h2", { id: "rows-title" }, `${plural(strikes.length, "row")} telling of ${plural(countEpisodes(data, strikes), nounOf(data, state.source))}`),
      h("button", { type: "button", class: "round close", "aria-label": "Close", onclick: () => dialog.close() }, "×")),
    h("p", { class: "small" }, `${title}. Choose a place for its evidence.`),
    h("div", { class: "actions" },
      copyButton("Copy as CSV", csv),
      h("button", { type: "button", id: "take-csv", onclick: take(csv, ".csv", "text/csv") }, "Download CSV"),
      h("button", { type: "button", id: "take-geojson", onclick: take(geoJson, ".geojson", "application/geo+json") }, "Download GeoJSON"),
      h("span", { class: "small" }, "Each with the citation.")),
    h("div", { class: "scroller", tabindex: "0", role: "group", "aria-labelledby": "rows-title" }, h("table", {},
      h("thead", {}, h("tr", {}, ...[...COLUMNS, `Share on ${focus} ground`].map((column) => h("th", { scope: "col" }, column)))),
      body), more));
  dialog.showModal();
}

/** Open the hexagons in view as a table. `title` says of which choice they are, `onCell` gets the one that was chosen. */
export function openCells(data, cells, { title, onCell }) {
  const dialog = byId("rows");
  const choose = (cell) => {
    dialog.close();
    onCell(cell);
  };
  const heads = ["Rows", "Middle", "Ground held by"];
  dialog.replaceChildren(
    h("div", { class: "bar-top" },
      h("h2", { id: "rows-title" }, `${plural(cells.length, "hexagon")} in view`),
      h("button", { type: "button", class: "round close", "aria-label": "Close", onclick: () => dialog.close() }, "×")),
    h("p", { class: "small" }, `${title}. Choose a number for its rows. One at the edge of the map counts whole.`),
    h("div", { class: "scroller", tabindex: "0", role: "group", "aria-labelledby": "rows-title" }, h("table", {},
      h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, ...cells.toSorted((a, b) => b.n - a.n).map((cell) => cellRow(data, cell, choose))))));
  dialog.showModal();
}

function cellRow(data, cell, choose) {
  const [longitude, latitude] = cell.middle;
  return h("tr", {},
    h("th", { scope: "row" }, h("button", { type: "button", class: "link", onclick: () => choose(cell) }, cell.said)),
    h("td", {}, placeTitle({ longitude, latitude })),
    h("td", {}, h("span", { class: "held" }, swatch(tone(data.controllerByName.get(cell.controller).colour, theme()), cell.controller), cell.held)));
}

function row(data, strike, choose) {
  const colour = tone(data.controllerByName.get(strike.controller)?.colour ?? "#8d929a", theme());
  return h("tr", {},
    h("th", { scope: "row" }, h("button", { type: "button", class: "link", onclick: () => choose(strike.row) }, placeTitle(strike))),
    h("td", {}, h("span", { class: "held" }, swatch(colour, strike.controller), controllerLabel(data, strike.controller))),
    h("td", { class: "days" }, span(strike.day_from, strike.day_to)),
    h("td", {}, strike.province ?? ""),
    h("td", {}, strike.certainty),
    h("td", {}, metres(strike.precision_m)),
    h("td", { class: "number" }, percent(data.answers.focus[strike.answer])));
}
