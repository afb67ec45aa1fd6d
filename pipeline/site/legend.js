// Legend: what the colours and marks mean, with the counts of what is on the map now.

import { controllerLabel, nounOf, snapshotOn } from "./data.js";
import { byId, h, swatch } from "./dom.js";
import { countByController } from "./figures.js";
import { theme } from "./map.js";
import { backgroundsOf } from "./selection.js";
import { tone } from "./style.js";
import { shownTitle } from "./time.js";
import { count, dayShort, plural } from "./words.js";

/** Draw the legend. `onTable` opens the table of what is shown. */
export function updateLegend(data, state, strikes, { onTable }) {
  const { counts, episodes } = countByController(data, strikes);
  const present = data.controllers.filter((controller) => counts.get(controller.name) > 0 || controller.name !== "unknown");
  const repeats = strikes.length - episodes;
  const background = backgroundsOf(data, state).length;
  byId("legend").replaceChildren(
    h("h2", { id: "legend-title" }, "On the map"),
    h("p", { class: "small" }, `${plural(episodes, nounOf(data, state.source))}, ${shownTitle(data, state)}. `,
      "Marks: who held the ground when it was hit. ",
      snapshotOn(data, state.to) === null ? `No shading: no control map was in force on ${dayShort(state.to)}, the last day shown.`
        : `Shading: who held it on ${dayShort(state.to)}, the last day shown; where the two differ, it changed hands.`),
    h("ul", { class: "keys" }, ...present.map((controller) => h("li", { "data-controller": controller.name, class: counts.get(controller.name) ? "" : "none" },
      swatch(tone(controller.colour, theme()), controller.name),
      h("span", {}, controllerLabel(data, controller.name)),
      h("b", {}, count(counts.get(controller.name) ?? 0))))),
    h("ul", { class: "keys marks-key" },
      h("li", {}, h("i", { class: "mark-dot" }), "place"),
      h("li", {}, h("i", { class: "mark-disc" }), "area, known no better"),
      h("li", {}, h("i", { class: "mark-hollow" }), "uncertain who held it; grey: unknown"),
      h("li", {}, h("i", { class: "mark-count" }, "×3"), "several rows at one point"),
      h("li", {}, h("i", { class: "mark-hexagon" }), "so many rows, the colour of most"),
      h("li", {}, h("i", { class: "mark-unknown" }), "unknown ground"),
      h("li", {}, h("i", { class: "mark-line" }), "front line")),
    h("p", { class: "small" },
      repeats > 0 ? `${plural(repeats, "row repeats", "rows repeat")} a location already told of and ${repeats === 1 ? "is" : "are"} not counted again. ` : "",
      background > 0 ? `${plural(background, "background statement is", "background statements are")} left out.` : ""),
    h("button", { type: "button", id: "rows-button", onclick: onTable }, `All ${plural(strikes.length, "row")} as a table`),
  );
}
