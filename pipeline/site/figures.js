// Figures: those of the methods page over any choice of strikes, by the definitions of pipeline/sql/tables/measure_sets.sql.
// Belongs here: counting. No words, no drawing. What takes a bootstrap (had other places been named) is only published.

import { FEWEST } from "./words.js";

/** No share where more of the ground than this is not known: it would count as outside. */
const MOST_UNKNOWN = 0.5;
/** So much of a disc may be in doubt and the strike still counts as sure. */
const TOLERANCE = 0.1;
const EXACT = 1e-9;

const measured = new WeakMap();

/**
 * The figures of these rows, counted in episodes; an episode's shares are the mean of those of its strikes here.
 * There is no share (and `split` is null) under 20 episodes, nor where most of the ground is not known. Names as in marts.headline; `split` by the theatre's groups.
 */
export function measure(data, rows) {
  if (!measured.has(rows)) measured.set(rows, figuresOf(data, rows));
  return measured.get(rows);
}

function figuresOf(data, rows) {
  const { numbers, size: n } = groupRows(data, rows, "episode_no");
  const places = groupRows(data, rows, "place_no").size;
  if (n < FEWEST) return { rows: rows.length, places, n, split: null };
  const { focus, other, unknown, point, ally, against, favour, groups } = episodes(data, rows, numbers, n);
  const mean = (value) => {
    let sum = 0;
    for (let at = 0; at < n; at += 1) sum += value(at);
    return sum / n;
  };
  const meanOf = (values) => mean((at) => values[at]);
  if (meanOf(unknown) > MOST_UNKNOWN + EXACT) return { rows: rows.length, places, n, split: null };
  const expected = 1 - meanOf(focus);
  const atPoint = 1 - meanOf(point);
  // A bound that passes the mean or the centres, which up to t of a disc makes possible, is widened to hold both.
  const low = (t) => Math.min(mean((at) => focus[at] + unknown[at] <= t + EXACT), expected, atPoint);
  const high = (t) => Math.max(1 - mean((at) => other[at] + unknown[at] <= t + EXACT), expected, atPoint);
  const split = Object.fromEntries(data.groups.map((group, at) => [group.name, meanOf(groups[at])]));
  const allied = data.ally ? meanOf(ally) : 1;
  return {
    rows: rows.length, places, n, split,
    not_focus_expected: expected,
    not_focus_at_point: atPoint,
    not_focus_lower_t10: low(TOLERANCE),
    not_focus_upper_t10: high(TOLERANCE),
    not_focus_lower_t0: low(0),
    not_focus_upper_t0: high(0),
    not_focus_excluding_ally: allied < 1 - EXACT ? Math.max(0, 1 - (1 - expected) / (1 - allied)) : null,
    margin_lower: 1 - meanOf(against),
    margin_upper: 1 - meanOf(favour),
    tipping_point: n * (2 * expected - 1),
  };
}

/** How many episodes these rows tell of. */
export const countEpisodes = (data, rows) => measure(data, rows).n;

/** Number of each row's group, groups numbered as they come, and how many groups there are. */
function groupRows({ strikes, size: all }, rows, column) {
  const groups = strikes[column];
  const numbers = new Int32Array(rows.length);
  // By an array, not a Map: a million rows are grouped while a reader drags.
  const known = new Int32Array(all).fill(-1);
  let size = 0;
  rows.forEach((row, at) => {
    if (known[groups[row]] < 0) known[groups[row]] = size++;
    numbers[at] = known[groups[row]];
  });
  return { numbers, size };
}

/** What each episode has, as arrays by its number: the mean of its strikes here. */
function episodes({ strikes, answers }, rows, numbers, n) {
  const per = () => new Float64Array(n);
  const [focus, other, unknown, point, ally, against, favour, strikesHere] = Array.from({ length: 8 }, per);
  const groups = answers.groups.map(per);
  const doubt = strikes.certainty.codeOf("uncertain");
  rows.forEach((row, at) => {
    const [episode, answer] = [numbers[at], strikes.answer[row]];
    const uncertain = strikes.certainty.codes[row] === doubt;
    strikesHere[episode] += 1;
    focus[episode] += answers.focus[answer];
    other[episode] += answers.other[answer];
    unknown[episode] += answers.unknown[answer];
    point[episode] += answers.point[answer];
    ally[episode] += answers.ally[answer];
    // The control margin: all ground of an uncertain strike resolved against the finding, then for it.
    against[episode] += uncertain ? 1 : answers.focus[answer];
    favour[episode] += uncertain ? 0 : answers.focus[answer];
    groups.forEach((shares, group) => { shares[episode] += answers.groups[group][answer]; });
  });
  for (const sums of [focus, other, unknown, point, ally, against, favour, ...groups]) {
    for (let episode = 0; episode < n; episode += 1) sums[episode] /= strikesHere[episode];
  }
  return { focus, other, unknown, point, ally, against, favour, groups };
}

/** Episodes by controller, each counted once, by its first strike shown; in the order of the controllers. */
export function countByController(data, rows) {
  const counts = new Map(data.controllers.map((controller) => [controller.name, 0]));
  const { numbers, size } = groupRows(data, rows, "episode_no");
  let seen = 0;
  rows.forEach((row, at) => {
    // Episodes are numbered as they come: the first strike of one has a number not seen before.
    if (numbers[at] < seen) return;
    seen += 1;
    const controller = data.strikes.controller.at(row);
    counts.set(controller, (counts.get(controller) ?? 0) + 1);
  });
  return { counts, episodes: size };
}

/** Strikes by controller and day, each spread evenly over its days, as in marts.strikes_by_day: controller → strikes of each day. */
export function spreadByDay({ strikes }, rows, { from, to }) {
  const { words, codes } = strikes.controller;
  const days = words.map(() => new Float64Array(to - from + 1));
  for (const row of rows) {
    const [first, last] = [strikes.day_from[row], strikes.day_to[row]];
    const share = 1 / (last - first + 1);
    for (let day = Math.max(first, from); day <= Math.min(last, to); day += 1) days[codes[row]][day - from] += share;
  }
  return new Map(words.map((controller, code) => [controller, days[code]]));
}

/**
 * Claims among these rows by claimed target, as in marts.claims_vs_control: the unit is the claim, not the episode.
 * `elsewhere` and `notKnown` are null for a generic claim, and the share null under 20 claims that can be located.
 */
export function measureClaims({ strikes }, rows) {
  const targets = new Map();
  for (const row of rows) {
    const claimed = strikes.claimed.at(row);
    if (claimed === null) continue;
    const target = targets.get(claimed) ?? { claimed, strikes: [], n: 0, elsewhere: 0, notKnown: 0, holders: new Map() };
    targets.set(claimed, target);
    target.strikes.push(row);
    const claim = strikes.claim.at(row);
    if (claim === "not_located") continue;
    const holder = strikes.controller.at(row);
    target.n += 1;
    target.holders.set(holder, (target.holders.get(holder) ?? 0) + 1);
    if (claim === "elsewhere") target.elsewhere += 1;
    if (claim === "not_known") target.notKnown += 1;
  }
  return [...targets.values()]
    .map((target) => (target.claimed === "generic" ? { ...target, elsewhere: null, notKnown: null } : target))
    .map((target) => ({ ...target, share: target.elsewhere !== null && target.n >= FEWEST ? target.elsewhere / target.n : null }))
    .sort((a, b) => b.strikes.length - a.strikes.length || (a.claimed < b.claimed ? -1 : 1));
}
