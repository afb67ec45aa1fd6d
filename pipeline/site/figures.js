// Figures: those of the methods page over any choice of strikes, by the definitions of pipeline/sql/tables/measure_sets.sql.
// Belongs here: counting. No words, no drawing. What takes a bootstrap (had other places been named) is only published.

/** With fewer locations than this no share is shown. */
export const FEWEST = 20;
/** So much of a disc may be in doubt and the strike still counts as sure. */
const TOLERANCE = 0.1;
const EXACT = 1e-9;

/**
 * The figures of these strikes, counted in episodes; an episode's shares are the mean of those of its strikes here.
 * All shares are null under 20 episodes. Names as in marts.headline; `split` by the theatre's groups.
 */
export function measure(data, strikes) {
  const items = episodes(data, strikes);
  const n = items.length;
  const places = new Set(strikes.map((strike) => strike.at)).size;
  if (n < FEWEST) return { rows: strikes.length, places, n, split: null };
  const mean = (value) => items.reduce((sum, item) => sum + value(item), 0) / n;
  const expected = 1 - mean((item) => item.focus);
  const atPoint = 1 - mean((item) => item.point);
  // A bound that passes the mean or the centres, which up to t of a disc makes possible, is widened to hold both.
  const low = (t) => Math.min(mean((item) => item.focus + item.unknown <= t + EXACT), expected, atPoint);
  const high = (t) => Math.max(1 - mean((item) => item.other + item.unknown <= t + EXACT), expected, atPoint);
  const split = Object.fromEntries(data.groups.map((group, at) => [group.name, mean((item) => item.groups[at])]));
  const ally = data.ally ? mean((item) => item.ally) : 1;
  return {
    rows: strikes.length, places, n, split,
    not_focus_expected: expected,
    not_focus_at_point: atPoint,
    not_focus_lower_t10: low(TOLERANCE),
    not_focus_upper_t10: high(TOLERANCE),
    not_focus_lower_t0: low(0),
    not_focus_upper_t0: high(0),
    not_focus_excluding_ally: ally < 1 - EXACT ? Math.max(0, 1 - (1 - expected) / (1 - ally)) : null,
    margin_lower: 1 - mean((item) => item.against),
    margin_upper: 1 - mean((item) => item.favour),
    tipping_point: n * (2 * expected - 1),
  };
}

/** How many episodes these strikes tell of. */
export const countEpisodes = (strikes) => new Set(strikes.map((strike) => strike.episode_id)).size;

function episodes(data, strikes) {
  const found = new Map();
  for (const strike of strikes) {
    const { focus, other, unknown, point, ally, groups } = data.answers[strike.answer];
    const uncertain = strike.certainty === "uncertain";
    const sum = found.get(strike.episode_id) ??
      { strikes: 0, focus: 0, other: 0, unknown: 0, point: 0, ally: 0, against: 0, favour: 0, groups: groups.map(() => 0) };
    sum.strikes += 1;
    sum.focus += focus;
    sum.other += other;
    sum.unknown += unknown;
    sum.point += point;
    sum.ally += ally;
    // The control margin: all ground of an uncertain strike resolved against the finding, then for it.
    sum.against += uncertain ? 1 : focus;
    sum.favour += uncertain ? 0 : focus;
    groups.forEach((share, at) => { sum.groups[at] += share; });
    found.set(strike.episode_id, sum);
  }
  return [...found.values()].map(({ strikes: count, groups, ...sums }) => ({
    ...Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / count])),
    groups: groups.map((sum) => sum / count),
  }));
}

/**
 * Claims among these strikes by claimed target, as in marts.claims_vs_control: the unit is the claim, not the episode.
 * `elsewhere` and `notKnown` are null for a generic claim, and the share null under 20 claims that can be located.
 */
export function measureClaims(data, strikes) {
  const rows = new Map();
  for (const strike of strikes) {
    const claim = data.claims.get(strike.strike_id);
    if (!claim) continue;
    const row = rows.get(claim.claimed) ?? { claimed: claim.claimed, strikes: [], n: 0, elsewhere: 0, notKnown: 0, holders: new Map() };
    row.strikes.push(strike);
    if (claim.isLocated) {
      row.n += 1;
      row.holders.set(strike.controller, (row.holders.get(strike.controller) ?? 0) + 1);
    }
    if (claim.isLocated && claim.isElsewhere) row.elsewhere += 1;
    if (claim.isLocated && claim.isElsewhere === null) row.notKnown += 1;
    rows.set(claim.claimed, row);
  }
  return [...rows.values()]
    .map((row) => (row.claimed === "generic" ? { ...row, elsewhere: null, notKnown: null } : row))
    .map((row) => ({ ...row, share: row.elsewhere !== null && row.n >= FEWEST ? row.elsewhere / row.n : null }))
    .sort((a, b) => b.strikes.length - a.strikes.length || (a.claimed < b.claimed ? -1 : 1));
}
