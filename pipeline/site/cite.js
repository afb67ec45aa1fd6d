// Cite: the figures of a choice as a sentence, and what to write beside them so that another reader finds the same.

import { choiceTitle, publishedRow } from "./selection.js";
import { addressOf } from "./state.js";
import { between, percent, plural, whyNoShare } from "./words.js";
import { controllerLabel, nounOf } from "./data.js";

/** The finding of a choice in one sentence: the published one, or one of what the page counts. */
export function sentenceOf(data, choice, figures) {
  const published = publishedRow(data, choice);
  if (published) return published.sentence;
  const subject = `${choiceTitle(data, choice)}: `;
  const locations = plural(figures.n, nounOf(data, choice.source));
  if (!figures.split) return `${subject}${figures.n ? `${locations}, ${whyNoShare(figures.n)}.` : `no ${nounOf(data, choice.source)}.`}`;
  const focus = controllerLabel(data, data.focus);
  const parts = data.groups.map((group) => `${group.label} ${percent(figures.split[group.name])}`).join(", ");
  return `${subject}of ${locations}, ${percent(figures.not_focus_expected, 1)} ` +
    `(${between(figures.not_focus_lower_t10, figures.not_focus_upper_t10)}, given the control map) lay outside ${focus}-held ground, ` +
    `${percent(figures.not_focus_at_point, 1)} by their centres alone. Who held the ground: ${parts}.`;
}

/**
 * Words to cite a choice by: title, finding, release, address, credits. `release` is null where none is known; `part` says
 * which rows of the choice are meant, where it is not all of them.
 */
export function citation(data, choice, figures, release, part = null) {
  const credits = [choice.source, data.control_source].map((name) => data.sourceByName.get(name)?.credit).filter(Boolean);
  const made = release ? `Release ${release.release}, from what was received by ${String(release.as_of).slice(0, 10)}.` : "Release not stated.";
  const meant = part && `These rows: ${part}. The whole choice:`;
  const address = addressOf(data, choice, release?.release ?? null);
  return [`“Whose ground was hit?” ${data.title}.`, meant, sentenceOf(data, choice, figures), made, address, `Data: ${credits.join("; ")}.`]
    .filter(Boolean).join(" ");
}
