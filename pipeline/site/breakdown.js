// Breakdown: what stands beside the finding: months, regions, claims against control, coverage. Draws; counts by figures.js.

import { controllerLabel } from "./data.js";
import { h } from "./dom.js";
import { rowsLink } from "./finding.js";
import { countEpisodes, measure, measureClaims } from "./figures.js";
import { choiceTitle, daysTitle, narrowedBy, strikesOf } from "./selection.js";
import { count, FEWEST, percent, plural, span, windowTitle, whyNoShare } from "./words.js";

const few = (n) => h("span", { class: "few" }, whyNoShare(n));

/** Months beside the total, narrowed alike: the share moves. `onMonth` gets the month to look at. */
export function months(data, state, { onMonth, onRows }) {
  const rows = data.windows.filter((window) => window.is_month)
    .map((window) => ({ window, choice: { ...state, from: window.from, to: window.to } }))
    .map((row) => ({ ...row, strikes: strikesOf(data, row.choice) }))
    .filter(({ strikes }) => strikes.length);
  if (rows.length < 2) return [];
  const caption = `Month by month: outside ${controllerLabel(data, data.focus)}-held ground`;
  return [table("months-table", [caption, ...narrowedBy(data, state)].join("; "), ["Month", "Locations", "Share"], rows.map(({ window, choice, strikes }) => {
    const figures = measure(data, strikes);
    const isShown = window.from <= state.to && window.to >= state.from;
    return h("tr", { "aria-current": window.from === state.from && window.to === state.to ? "true" : null, class: isShown ? "" : "aside" },
      h("th", { scope: "row" }, h("button", { type: "button", class: "link", onclick: () => onMonth(window.name) }, windowTitle(window))),
      h("td", { class: "number" }, rowsLink(count(figures.n), () => onRows(strikes, choiceTitle(data, choice), choice))),
      h("td", {}, figures.split ? bar(figures.not_focus_expected) : few(figures.n)));
  })), h("p", { class: "small" }, "Whole months, also beyond the days chosen. A location told of in two months counts in both, so that months add up to more than the total.")];
}

/** Where the locations of these days lie; the shares are of all of the source's. */
export function regions(data, state, { onRows }) {
  const all = countEpisodes(data, strikesOf(data, { ...state, region: null }));
  if (!all || !data.regions.length) return [];
  const caption = ["Where they lie (regions overlap)", daysTitle(data, state), ...narrowedBy(data, { ...state, region: null })].join("; ");
  return [table("regions-table", caption, ["Region", "Locations", "Share"], data.regions.map(({ name, title }) => {
    const choice = { ...state, region: `region:${name}` };
    const strikes = strikesOf(data, choice);
    const inside = countEpisodes(data, strikes);
    return h("tr", { "aria-current": state.region === choice.region ? "true" : null },
      h("th", { scope: "row" }, title),
      h("td", { class: "number" }, rowsLink(count(inside), () => onRows(strikes, choiceTitle(data, choice), choice))),
      h("td", {}, all >= FEWEST ? bar(inside / all) : few(all)));
  }))];
}

/** Claimed targets against who held the ground: the source's own claims, or those of the sources that hold any. */
export function claims(data, state, { onRows }) {
  const claimsOf = (source) => {
    const choice = { ...state, source, confidence: source === state.source ? state.confidence : null };
    return { choice, rows: measureClaims(data, strikesOf(data, choice)) };
  };
  const own = claimsOf(state.source);
  const others = data.strikeSources.filter((source) => source.name !== state.source).map((source) => claimsOf(source.name));
  const shown = own.rows.length ? [own] : others.filter(({ rows }) => rows.length);
  return shown.map(({ choice, rows }) => h("section", { class: "claims" },
    h("h2", {}, "Claims against control"),
    h("p", { class: "small" }, `Of the claims we hold; ${choiceTitle(data, choice)}. The unit is the claim, at a place that can be located.`),
    table(null, null, ["Claimed target", "Claims", "Not on their ground"], rows.flatMap((row) => claimRows(data, row, (target) =>
      onRows(row.strikes, `Claims that name ${target}; ${choiceTitle(data, choice)}`, choice))))));
}

function claimRows(data, row, onClaims) {
  const target = row.claimed === "generic" ? "no one in particular" : controllerLabel(data, row.claimed);
  return [
    h("tr", {},
      h("th", { scope: "row" }, target[0].toUpperCase() + target.slice(1)),
      h("td", { class: "number" }, rowsLink(count(row.strikes.length), () => onClaims(target))),
      h("td", {}, elsewhere(row))),
    h("tr", {}, h("td", { colspan: 3, class: "few held-by" }, `Held by: ${holders(data, row)}`)),
  ];
}

function holders(data, { holders: held, n, strikes }) {
  const said = [...held].sort(([a, m], [b, k]) => k - m || (a < b ? -1 : 1)).map(([name, claims]) => `${controllerLabel(data, name)} ${count(claims)}`);
  if (strikes.length > n) said.push(`whole provinces, not tested: ${count(strikes.length - n)}`);
  return said.join(", ");
}

function elsewhere({ elsewhere: outside, notKnown, n, share }) {
  if (outside === null) return h("span", { class: "few" }, "names no one");
  return h("span", {}, `${count(outside)} of ${count(n)}`, share === null ? "" : ` (${percent(share)})`,
    notKnown ? `; not known whose: ${count(notKnown)}` : "");
}

/** What the source's reports count themselves, beside what of it is named. */
export function coverage(data, { source, from, to, confidence, region }) {
  // Reports count all of theirs: beside a part of the source their counts would say nothing.
  if (confidence || region) return [];
  const rows = data.coverage.filter((row) => row.source === source && row.day_from >= from && row.day_from <= to);
  if (!rows.length) return [];
  const total = `${plural(rows.length, "report")} of these days ${rows.length === 1 ? "states" : "state"} how many locations there were`;
  return [h("details", { id: "coverage" }, h("summary", {}, `A sample: ${total}`),
    h("ul", { class: "small listed" }, ...rows.map((row) => h("li", {}, `${span(row.day_from, row.day_to)}: states ${row.stated}${row.named === null ? ", which rows here cannot be set against" : `, named here ${count(row.named)}`}`))))];
}

function table(id, caption, heads, rows) {
  return h("table", { class: "months", id },
    caption ? h("caption", {}, caption) : "",
    h("thead", {}, h("tr", {}, ...heads.map((head, at) => h("th", { scope: "col", class: at === 1 ? "number" : null }, head)))),
    h("tbody", {}, ...rows));
}

function bar(share) {
  const filled = h("i", { class: "bar", "aria-hidden": "true" });
  filled.style.setProperty("--share", share);
  return h("span", { class: "barred" }, filled, percent(share));
}
