// Evidence: why one strike counts as it does, in the release's words, and the row of the raw file that it came from.

import { controllerLabel, loadEvidence, strikeAt } from "./data.js";
import { byId, h, linkOut, swatch } from "./dom.js";
import { theme } from "./map.js";
import { tone } from "./style.js";
import { isoShort, percent, placeTitle, span } from "./words.js";

let asked = 0;

/**
 * Show strike `rows[at]` of those at one place. `onStep` gets another index, `onClose` nothing. Returns the strike's id, or
 * null where another was asked for in the meantime.
 */
export async function openEvidence(data, rows, at, { onStep, onClose }) {
  const turn = ++asked;
  const panel = byId("evidence");
  const strike = strikeAt(data, rows[at]);
  const evidence = await loadEvidence(data, rows[at]);
  // A later click may have been answered first.
  if (turn !== asked) return null;
  panel.replaceChildren(
    h("div", { class: "bar-top" },
      rows.length > 1 ? h("div", { class: "stepper" },
        h("button", { type: "button", class: "round", "aria-label": "Previous at this place", onclick: () => onStep((at + rows.length - 1) % rows.length) }, "‹"),
        h("span", {}, `${at + 1} of ${rows.length} here`),
        h("button", { type: "button", class: "round", "aria-label": "Next at this place", onclick: () => onStep((at + 1) % rows.length) }, "›"))
        : h("span", { class: "kicker" }, "Evidence"),
      h("button", { type: "button", class: "round close", "aria-label": "Close", onclick: onClose }, "×")),
    rows.length > 1 ? others(data, rows, at, onStep) : "",
    h("h2", {}, placeTitle(strike)),
    h("p", { class: "where" }, [strike.province, span(strike.day_from, strike.day_to)].filter(Boolean).join(" · ")),
    holder(data, strike, evidence),
    disc(data, evidence),
    why(data, evidence),
    facts(data, strike, evidence),
    sourceRow(evidence),
  );
  panel.hidden = false;
  panel.scrollTop = 0;
  panel.focus({ preventScroll: true });
  return evidence.strike_id;
}

/** All that was clicked, so that each can be gone to at once. */
function others(data, rows, at, onStep) {
  return h("details", { class: "others" }, h("summary", {}, `List all ${rows.length}`),
    h("ol", {}, ...rows.map((row, to) => {
      const strike = strikeAt(data, row);
      return h("li", {}, h("button", { type: "button", class: "link", "aria-current": to === at ? "true" : null, onclick: () => onStep(to) },
        `${placeTitle(strike)}, ${span(strike.day_from, strike.day_to)}`));
    })));
}

/** Hide the panel. */
export function closeEvidence() {
  asked += 1;
  byId("evidence").hidden = true;
}

function holder(data, strike, evidence) {
  const controller = data.controllerByName.get(strike.controller);
  const parties = (evidence.parties ?? []).map((party) => controllerLabel(data, party)).join(", ");
  return h("div", { class: "holder" },
    swatch(tone(controller?.colour ?? "#8d929a", theme()), strike.controller),
    h("p", {}, h("b", {}, `${controllerLabel(data, strike.controller)}${parties ? ` (${parties})` : ""}`),
      ` at its centre; ${strike.certainty}.`));
}

function disc(data, evidence) {
  const shares = Object.entries(evidence.shares ?? {}).filter(([, share]) => share > 0);
  const coloured = (name) => swatch(tone(data.controllerByName.get(name)?.colour ?? "#8d929a", theme()), name);
  return h("div", {},
    h("div", { class: "split", "aria-hidden": "true" }, ...shares.map(([name, share]) => {
      const piece = coloured(name);
      piece.style.flexGrow = share;
      return piece;
    })),
    h("ul", { class: "shares" }, ...shares.map(([name, share]) =>
      h("li", {}, coloured(name), h("span", {}, controllerLabel(data, name)), h("b", {}, percent(share))))));
}

/** Why it counts as it does: the texts of marts.explanations, under the names that they have everywhere. */
function why(data, evidence) {
  return list(data.explained.map(([part, title]) => [title, evidence[part]]));
}

function facts(data, strike, evidence) {
  const source = data.sourceByName.get(strike.source);
  return list([
    ["Reported by", linkOut(evidence.report_url, evidence.report_title || source?.title || strike.source)],
    ["Published", isoShort(evidence.published)],
    ["Confidence of the source", strike.confidence],
    ["Holder that it states", evidence.stated_holder && controllerLabel(data, evidence.stated_holder)],
    ["Target that it claims", evidence.claimed_actor],
    ["Note", evidence.note],
  ]);
}

function list(rows) {
  return h("dl", { class: "facts" }, ...rows.filter(([, value]) => value).flatMap(([term, value]) => [h("dt", {}, term), h("dd", {}, value)]));
}

/** What people corrected in the source's row, and why. */
function corrected(evidence) {
  const told = (text) => text === null ? "nothing" : `“${text}”`;
  if (!evidence.corrected) return "";
  return h("ul", { class: "corrected small" }, ...evidence.corrected.map(({ field, before, after, who, why }) =>
    h("li", { dir: "auto" }, `Corrected by ${who}: ${field}, from ${told(before)} to ${told(after)}. ${why}`)));
}

function sourceRow(evidence) {
  const where = [evidence.file_name, evidence.layer, evidence.line_no ? `line ${evidence.line_no}` : `record ${evidence.record_no}`];
  const properties = Object.entries(evidence.properties ?? {});
  return h("section", { class: "source-row" },
    h("h3", {}, "The source's row, as received"),
    h("p", { class: "small" }, where.filter(Boolean).join(", ")),
    corrected(evidence),
    h("table", {}, h("tbody", {}, ...properties.map(([name, value]) =>
      h("tr", {}, h("th", { scope: "row" }, name), h("td", { dir: "auto" }, value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value)))))));
}
