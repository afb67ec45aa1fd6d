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
// More rows than this no one reads, and no browser draws in a moment; the files have them all.
const MOST_ROWS = 2000;

/**
 * Open the table of these strikes. `title` says what they are, `cited` gives the citation, `onStrike` gets the
 * one that was chosen.
 */
export function openTable(data, state, strikes, { title, cited, release, onStrike }) {
  const dialog = byId("rows");
  const focus = controllerLabel(data, data.focus);
  const choose = (strike) => {
    dialog.close();
    onStrike(strike);
  };
  const csv = async () => toCsv(await rowsBehind(data, strikes), cited());
  const name = (extension) => fileName(data, state, release, extension);
  dialog.replaceChildren(
    h("div", { class: "bar-top" },
      h("h2", { id: "rows-title" }, `${plural(strikes.length, "row")} telling of ${plural(countEpisodes(data, strikes), nounOf(data, state.source))}`),
      h("button", { type: "button", class: "round close", "aria-label": "Close", onclick: () => dialog.close() }, "×")),
    h("p", { class: "small" }, `${title}. Choose a place for its evidence.`),
    h("div", { class: "actions" },
      copyButton("Copy as CSV", csv),
      h("button", { type: "button", id: "take-csv", onclick: async () => download(await csv(), name(".csv"), "text/csv") }, "Download CSV"),
      h("button", { type: "button", id: "take-geojson", onclick: async () =>
        download(toGeoJson(await rowsBehind(data, strikes), cited()), name(".geojson"), "application/geo+json") }, "Download GeoJSON"),
      h("span", { class: "small" }, "Each with the citation.")),
    strikes.length > MOST_ROWS ? h("p", { class: "small" }, `The first ${count(MOST_ROWS)} rows are shown; the files have all ${count(strikes.length)}.`) : "",
    h("div", { class: "scroller", tabindex: "0", role: "group", "aria-labelledby": "rows-title" }, h("table", {},
      h("thead", {}, h("tr", {}, ...[...COLUMNS, `Share on ${focus} ground`].map((column) => h("th", { scope: "col" }, column)))),
      h("tbody", {}, ...[...strikes.slice(0, MOST_ROWS)].map((at) => row(data, strikeAt(data, at), choose))))),
  );
  dialog.showModal();
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
