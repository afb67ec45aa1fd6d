// Story: the page's text for what is chosen: the finding, what stands beside it, and what to know before quoting it.

import { claims, coverage, months, regions } from "./breakdown.js";
import { citation, sentenceOf } from "./cite.js";
import { controllerLabel, nounOf } from "./data.js";
import { byId, h, linkOut } from "./dom.js";
import { copyButton } from "./files.js";
import { measure } from "./figures.js";
import { headline, readings } from "./finding.js";
import { besideOf, choiceTitle, daysTitle, narrowedBy, publishedRow, strikesOf } from "./selection.js";
import { between, percent, plural, whyNoShare } from "./words.js";

/** Make the head of the story: title, question, theatres. */
export function createStory(data, index) {
  document.title = `${data.question} · ${data.title}`;
  byId("kicker").textContent = data.title;
  byId("question").textContent = data.question;
  const others = index.theatres.length > 1;
  byId("theatres").hidden = !others;
  byId("kicker").hidden = others;
  if (others) {
    byId("theatres").replaceChildren(...index.theatres.map(({ name, title }) =>
      h("a", { href: `#theatre=${encodeURIComponent(name)}`, "aria-current": name === data.name ? "page" : null }, title)));
  }
}

/**
 * Draw the story for a state. `onRows(strikes, title, choice)` opens rows, `onMonth` gets a month to look at, `onPicture`
 * and `onPrint` make the picture.
 */
export function updateStory(data, state, release, actions) {
  const strikes = strikesOf(data, state);
  const figures = measure(data, strikes);
  const open = [...document.querySelectorAll("#finding details[open], #more details[open]")].map((details) => details.id);
  byId("finding").replaceChildren(
    h("h2", { id: "finding-title" }, "Whose ground it was"),
    h("p", { class: "small scope" }, [daysTitle(data, state), ...narrowedBy(data, state)].join("; ")),
    ...headline(data, figures, nounOf(data, state.source), rowsOpener(data, state, strikes, actions)),
    ...beside(data, state, actions),
    ...(figures.split ? [readings(data, figures, publishedRow(data, state))] : []),
    ...coverage(data, state),
    quote(data, state, figures, release, actions),
  );
  byId("more").replaceChildren(
    ...months(data, state, actions), ...claims(data, state, actions), ...regions(data, state, actions), ...caveats(data, state), credits(data, release),
  );
  for (const id of open) byId(id)?.setAttribute("open", "");
  say(data, state, figures);
}

/** Opens the rows of a choice, or those of them of which a group of the split holds any part. */
const rowsOpener = (data, choice, strikes, { onRows }) => (group) => {
  const at = data.groups.findIndex((known) => known.name === group?.name);
  const isTheirs = (row) => at < 0 || data.answers.groups[at][data.strikes.answer[row]] > 0;
  onRows(strikes.filter(isTheirs), [group ? `Any part of the disc: ${group.label}` : null, choiceTitle(data, choice)].filter(Boolean).join("; "), choice);
};

/** For readers who hear the page: the finding in a breath, each time that it is another. */
function say(data, state, figures) {
  const said = figures.split
    ? `${percent(figures.not_focus_expected)} of ${plural(figures.n, nounOf(data, state.source))} outside ${controllerLabel(data, data.focus)}-held ground, ` +
      `${between(figures.not_focus_lower_t10, figures.not_focus_upper_t10)}, given the control map`
    : `${plural(figures.n, nounOf(data, state.source))}, ${whyNoShare(figures.n)}`;
  const text = `${said}. ${daysTitle(data, state)}`;
  if (byId("spoken").textContent !== text) byId("spoken").textContent = text;
}

/** Another source or period, with the same marks, so that eyes can go between the two. */
function beside(data, state, actions) {
  const other = besideOf(data, state);
  if (!other) return [];
  const strikes = strikesOf(data, other);
  return [h("section", { class: "beside", "aria-labelledby": "beside-title" },
    h("h2", { id: "beside-title" }, "Beside it"),
    h("p", { class: "small scope" }, choiceTitle(data, other)),
    ...headline(data, measure(data, strikes), nounOf(data, other.source), rowsOpener(data, other, strikes, actions)),
    h("p", { class: "small" }, "Two sources or periods are never added up: they may tell of the same events."))];
}

function quote(data, state, figures, release, { onPicture, onPrint }) {
  const cited = () => citation(data, state, figures, release);
  return h("details", { id: "cite" }, h("summary", {}, "Quote, cite, take away"),
    h("blockquote", {}, sentenceOf(data, state, figures)),
    h("h3", {}, "Cite this"),
    h("p", { id: "citation", class: "small" }, cited()),
    h("div", { class: "actions" },
      copyButton("Copy the citation", cited),
      copyButton("Copy the link", () => location.href),
      h("button", { type: "button", id: "picture", onclick: onPicture }, "Save as a picture"),
      h("button", { type: "button", id: "print", onclick: onPrint }, "Print")));
}

function caveats(data, state) {
  const control = data.sourceByName.get(data.control_source);
  const said = [
    "A location is not a sortie, a bomb or an effort, and who holds a place is not always who was aimed at.",
    `“Outside ${controllerLabel(data, data.focus)}-held ground” takes in ground that is contested or that nobody is known to hold: see its share above.`,
    ...(data.sourceByName.get(state.source)?.caveats ?? []),
    ...(data.ally ? [`“Outside ${controllerLabel(data, data.focus)}-held ground” takes in the ${controllerLabel(data, data.ally).toLowerCase()}'s ground too.`] : []),
    ...(control?.caveats ?? []),
  ];
  return [h("section", { class: "caveats" }, h("h2", {}, "Before you quote this"), h("ul", {}, ...said.map((line) => h("li", {}, line))))];
}

function credits(data, release) {
  const made = typeof release?.as_of === "string" ? `, from what was received by ${release.as_of.slice(0, 10)}` : "";
  return h("footer", {},
    h("p", {},
      h("a", { href: "../report.html" }, "Report"), " · ",
      h("a", { href: "../pages/walk.html" }, "From the sentence to the number"), " · ",
      h("a", { href: "../pages/methods.html" }, "Methods")),
    h("h2", {}, "Sources"),
    h("ul", {}, ...data.sources.map((source) =>
      h("li", {}, linkOut(source.url, source.title), `. ${source.credit}. ${source.terms}.`)),
      h("li", {}, "Borders, rivers, towns: Natural Earth, public domain.")),
    h("p", {}, "Drawn with MapLibre GL JS and PMTiles (both BSD-3-Clause)."),
    h("p", { id: "release", class: "small" }, release?.release ? `Release ${release.release}${made}.` : ""));
}
