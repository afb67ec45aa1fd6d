// Table: the rows behind what is on the map, for readers who cannot or would not use a map.

import { controllerLabel, countByController } from "./data.js";
import { byId, h, swatch } from "./dom.js";
import { theme } from "./map.js";
import { tone } from "./style.js";
import { shownTitle } from "./time.js";
import { metres, percent, plural, span } from "./words.js";

const COLUMNS = ["Place", "Ground held by", "Days", "Province", "How sure", "Precision"];

/** Open the table of these strikes. `onStrike` gets the id of the row that was chosen. */
export function openTable(data, state, strikes, { onStrike }) {
  const dialog = byId("rows");
  const focus = controllerLabel(data, data.focus);
  const choose = (id) => {
    dialog.close();
    onStrike(id);
  };
  dialog.replaceChildren(
    h("div", { class: "bar-top" },
      h("h2", { id: "rows-title" }, `${plural(strikes.length, "row")} telling of ${plural(countByController(data, strikes).episodes, "reported strike location")}`),
      h("button", { type: "button", class: "round close", "aria-label": "Close", onclick: () => dialog.close() }, "×")),
    h("p", { class: "small" }, `${data.sourceByName.get(state.source)?.title ?? state.source}; ${shownTitle(data, state)}. Choose a place for its evidence.`),
    h("div", { class: "scroller", tabindex: "0", role: "group", "aria-labelledby": "rows-title" }, h("table", {},
      h("thead", {}, h("tr", {}, ...[...COLUMNS, `Share on ${focus} ground`].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, ...strikes.map((strike) => h("tr", {},
        h("th", { scope: "row" }, h("button", { type: "button", class: "link", onclick: () => choose(strike.strike_id) }, strike.place ?? "Unnamed place")),
        h("td", {}, h("span", { class: "held" }, swatch(tone(data.controllerByName.get(strike.controller)?.colour ?? "#8d929a", theme()), strike.controller), controllerLabel(data, strike.controller))),
        h("td", { class: "days" }, span(strike.day_from, strike.day_to)),
        h("td", {}, strike.province ?? ""),
        h("td", {}, strike.certainty),
        h("td", {}, metres(strike.precision_m)),
        h("td", { class: "number" }, strike.focus_share === null ? "" : percent(strike.focus_share))))))),
  );
  dialog.showModal();
}
