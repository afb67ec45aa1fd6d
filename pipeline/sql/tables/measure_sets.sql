-- The figures of METHODS for each set, as sums over its items. An item is a strike (unit row) or an episode, whose
-- shares are the mean of those of its strikes that are in the set.
--
-- A piece is the part of an item that lies in one cell. An item of one piece is the same in every set that holds it
-- and is summed by cell; only an episode of several pieces has to be put together set by set.
CREATE OR REPLACE TEMP TABLE pieces AS
SELECT
    'row' AS unit,
    strike_id AS item,
    cell,
    1 AS strikes,
    focus_against,
    focus_for,
    focus_share,
    other_share,
    unknown_share,
    focus_at_point
FROM counted
UNION ALL
SELECT
    'episode' AS unit,
    episode_id AS item,
    cell,
    count(*) AS strikes,
    sum(focus_against) AS focus_against,
    sum(focus_for) AS focus_for,
    sum(focus_share) AS focus_share,
    sum(other_share) AS other_share,
    sum(unknown_share) AS unknown_share,
    sum(focus_at_point) AS focus_at_point
FROM counted
GROUP BY episode_id, cell;

CREATE OR REPLACE TEMP TABLE scattered AS
SELECT
    unit,
    item
FROM pieces
WHERE unit = 'episode'
GROUP BY unit, item
HAVING count(*) > 1;

-- How many strikes of an episode of several pieces are in each set that holds any.
CREATE OR REPLACE TEMP TABLE scattered_strikes AS
SELECT
    cell_sets.set_no,
    pieces.item,
    sum(pieces.strikes) AS strikes
FROM pieces
INNER JOIN scattered ON pieces.unit = scattered.unit AND pieces.item = scattered.item
INNER JOIN cell_sets ON pieces.cell = cell_sets.cell
GROUP BY cell_sets.set_no, pieces.item;

CREATE OR REPLACE TEMP TABLE figures AS
WITH
items AS (
    SELECT
        pieces.cell,
        NULL AS set_no,
        pieces.unit,
        pieces.strikes,
        pieces.focus_against,
        pieces.focus_for,
        pieces.focus_share,
        pieces.other_share,
        pieces.unknown_share,
        pieces.focus_at_point
    FROM pieces
    ANTI JOIN scattered ON pieces.unit = scattered.unit AND pieces.item = scattered.item
    UNION ALL
    SELECT
        NULL AS cell,
        cell_sets.set_no,
        'episode' AS unit,
        sum(pieces.strikes) AS strikes,
        sum(pieces.focus_against) AS focus_against,
        sum(pieces.focus_for) AS focus_for,
        sum(pieces.focus_share) AS focus_share,
        sum(pieces.other_share) AS other_share,
        sum(pieces.unknown_share) AS unknown_share,
        sum(pieces.focus_at_point) AS focus_at_point
    FROM pieces
    INNER JOIN scattered ON pieces.unit = scattered.unit AND pieces.item = scattered.item
    INNER JOIN cell_sets ON pieces.cell = cell_sets.cell
    GROUP BY cell_sets.set_no, pieces.item
),

means AS (
    SELECT
        cell,
        set_no,
        unit,
        CAST(focus_share / strikes AS DECIMAL(18, 12)) AS i,
        CAST(other_share / strikes AS DECIMAL(18, 12)) AS k,
        CAST(unknown_share / strikes AS DECIMAL(18, 12)) AS u,
        CAST(focus_at_point / strikes AS DECIMAL(18, 12)) AS focus_at_point,
        CAST(focus_against / strikes AS DECIMAL(18, 12)) AS focus_against,
        CAST(focus_for / strikes AS DECIMAL(18, 12)) AS focus_for
    FROM items
),

sums AS (
    SELECT
        cell,
        set_no,
        unit,
        count(*) AS n,
        sum(i) AS i,
        sum(u) AS u,
        sum(focus_at_point) AS focus_at_point,
        sum(focus_against) AS focus_against,
        sum(focus_for) AS focus_for,
        count(*) FILTER (WHERE i + u <= $tolerance + 1e-9) AS surely_not_t10,
        count(*) FILTER (WHERE k + u <= $tolerance + 1e-9) AS surely_focus_t10,
        count(*) FILTER (WHERE i + u <= 1e-9) AS surely_not_t0,
        count(*) FILTER (WHERE k + u <= 1e-9) AS surely_focus_t0
    FROM means
    GROUP BY cell, set_no, unit
),

units AS (
    SELECT unnest(['episode', 'row']) AS unit
),

by_set AS (
    SELECT
        coalesce(sums.set_no, cell_sets.set_no) AS set_no,
        sums.unit,
        sum(sums.n) AS n,
        round(1 - sum(sums.focus_at_point) / sum(sums.n), 9) AS at_point,
        round(1 - sum(sums.i) / sum(sums.n), 9) AS expected,
        round(sum(sums.u) / sum(sums.n), 9) AS not_known,
        round(1 - sum(sums.focus_against) / sum(sums.n), 9) AS margin_lower,
        round(1 - sum(sums.focus_for) / sum(sums.n), 9) AS margin_upper,
        round(sum(sums.surely_not_t10) / sum(sums.n), 9) AS lower_t10,
        round(1 - sum(sums.surely_focus_t10) / sum(sums.n), 9) AS upper_t10,
        round(sum(sums.surely_not_t0) / sum(sums.n), 9) AS lower_t0,
        round(1 - sum(sums.surely_focus_t0) / sum(sums.n), 9) AS upper_t0
    FROM sums
    LEFT JOIN cell_sets ON sums.cell = cell_sets.cell
    WHERE sums.set_no IS NOT NULL OR cell_sets.set_no IS NOT NULL
    GROUP BY ALL
)

SELECT
    sets.set_no,
    units.unit,
    CAST(coalesce(by_set.n, 0) AS BIGINT) AS n,
    by_set.at_point,
    by_set.expected,
    by_set.not_known,
    by_set.margin_lower,
    by_set.margin_upper,
    coalesce(by_set.n >= $fewest AND by_set.not_known <= $most_unknown, FALSE) AS is_shown,
    -- Up to t of a disc that counts as surely one side may be of the other, so that in a set of nothing but sure
    -- strikes a bound can pass the mean or the centres: it is widened to hold both.
    least(by_set.lower_t10, by_set.expected, by_set.at_point) AS lower_t10,
    greatest(by_set.upper_t10, by_set.expected, by_set.at_point) AS upper_t10,
    least(by_set.lower_t0, by_set.expected, by_set.at_point) AS lower_t0,
    greatest(by_set.upper_t0, by_set.expected, by_set.at_point) AS upper_t0
FROM sets
CROSS JOIN units
LEFT JOIN by_set ON sets.set_no = by_set.set_no AND units.unit = by_set.unit;
