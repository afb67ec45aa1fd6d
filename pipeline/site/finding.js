// Finding: the figures of one choice in words and bars: the split first, then the share with its bounds.
// Belongs here: drawing. The figures are made in figures.js; those that take a bootstrap are published.

import { controllerLabel } from "./data.js";
import { h, swatch } from "./dom.js";
import { theme } from "./map.js";
import { tone } from "./style.js";
import { between, count, percent, whyNoShare } from "./words.js";

/** Split, share and bounds, or the count alone where there is no share. `noun` is what is counted, `onRows(group)` opens the rows behind a number. */
export function headline(data, figures, noun, onRows) {
  if (!figures.split) return [noShare(figures, noun, onRows)];
  return [splitBar(data, figures.split, onRows), share(data, figures, noun, onRows), boundsChart(figures)];
}

function share(data, figures, noun, onRows) {
  return h("div", { class: "figure" },
    h("p", { class: "big" }, percent(figures.not_focus_expected)),
    h("p", { class: "claim" }, "of ", rowsLink(count(figures.n), () => onRows(null)),
      ` ${noun}s lay outside ${controllerLabel(data, data.focus)}-held ground`,
      h("span", { class: "bounds" }, `${between(figures.not_focus_lower_t10, figures.not_focus_upper_t10)}, given the control map`)));
}

function noShare({ n }, noun, onRows) {
  return h("div", { class: "figure" },
    h("p", { class: "big" }, n ? rowsLink(count(n), () => onRows(null)) : "0"),
    h("p", { class: "claim" }, `${noun}${n === 1 ? "" : "s"}`,
      h("span", { class: "bounds" }, n ? whyNoShare(n) : "none in this choice")));
}

/** A number that opens the rows behind it. */
export const rowsLink = (text, onRows) =>
  h("button", { type: "button", class: "link rows-behind", "aria-label": `${text}, the rows behind it`, title: "The rows behind this number", onclick: onRows }, text);

/** What each bound means, with the intervals that are published for this very choice. */
export function readings(data, figures, published) {
  const reading = (mark, term, value) => [h("dt", {}, h("i", { class: mark, "aria-hidden": "true" }), term), h("dd", {}, value)];
  const hasInterval = (published?.place_lower ?? null) !== null;
  const ally = data.ally && controllerLabel(data, data.ally).toLowerCase();
  return h("details", { id: "readings" }, h("summary", {}, "What the bounds mean"),
    h("dl", { class: "readings" },
      ...reading("expected", "mean share of the discs", percent(figures.not_focus_expected, 1)),
      ...reading("point", "by their centres alone", percent(figures.not_focus_at_point, 1)),
      ...reading("range", "up to 10% of a disc unknown or on the other side", between(figures.not_focus_lower_t10, figures.not_focus_upper_t10)),
      ...reading("whisker", "nothing unknown or on the other side", between(figures.not_focus_lower_t0, figures.not_focus_upper_t0)),
      ...reading("", "uncertain ones all on the one side, or all on the other", between(figures.margin_lower, figures.margin_upper)),
      ...(ally && figures.not_focus_excluding_ally !== null
        ? reading("", `of ground not held by the ${ally}, the attacker's ally`, percent(figures.not_focus_excluding_ally, 1)) : []),
      ...(figures.tipping_point > 0 ? reading("", "more on such ground that would bring the share to one half", count(Math.ceil(figures.tipping_point))) : []),
      ...reading("", "different coordinates among them", count(figures.places)),
      ...(hasInterval ? reading("", "had other places been named", between(published.place_lower, published.place_upper)) : []),
      ...(hasInterval && published.map_lower !== null
        ? reading("", "had the map been drawn from other places too", between(published.map_lower, published.map_upper)) : [])),
    published && !hasInterval ? h("p", { class: "small" }, "The places named are too few to say what others would have given.") : "",
    published ? "" : h("p", { class: "small" },
      "How far the share would move had other places been named, or the map been drawn from others, takes a thousand draws: ",
      "it is worked out only for the published periods, months, regions and classes of confidence."));
}

/** The split: every group, the unknown one included, in the theatre's order. */
function splitBar(data, split, onRows) {
  const parts = data.groups.map((group) => ({ ...group, share: split[group.name] ?? 0 }));
  const kind = (group) => (group.members.includes("unknown") ? "hatched" : "");
  const bar = h("div", { class: "split", "aria-hidden": "true" }, ...parts.filter((part) => part.share > 0).map((part) => {
    const piece = swatch(tone(part.colour, theme()), kind(part));
    piece.style.flexGrow = part.share;
    return piece;
  }));
  return h("div", {}, bar, h("ul", { class: "shares" }, ...parts.map((part) =>
    h("li", {}, swatch(tone(part.colour, theme()), kind(part)), h("span", {}, part.label), 
      h("b", {}, part.share > 0 ? rowsLink(percent(part.share), () => onRows(part)) : percent(part.share))))));
}

/** A scale from 0 to 100% with both ranges, the expected share and the share by centres. */
function boundsChart(figures) {
  const place = (element, from, to = from) => {
    element.style.left = `${100 * from}%`;
    element.style.width = `${100 * (to - from)}%`;
    return element;
  };
  return h("div", { class: "scale", "aria-hidden": "true" },
    place(h("i", { class: "whisker" }), figures.not_focus_lower_t0, figures.not_focus_upper_t0),
    place(h("i", { class: "range" }), figures.not_focus_lower_t10, figures.not_focus_upper_t10),
    place(h("i", { class: "half" }), 0.5),
    place(h("i", { class: "expected" }), figures.not_focus_expected),
    place(h("i", { class: "point" }), figures.not_focus_at_point),
    h("span", {}, "0"), h("span", {}, "half"), h("span", {}, "100%"));
}
