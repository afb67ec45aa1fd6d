-- The expected share of each controller in each set: the sum over the set's items, each item being the mean of its
-- strikes. Pieces and scattered episodes are those of measure_sets.sql.
CREATE OR REPLACE TEMP TABLE held AS
WITH
listed AS (
    SELECT
        strike_id,
        unnest(map_entries(CAST(CAST(shares AS JSON) AS MAP (VARCHAR, DOUBLE)))) AS entry
    FROM attribution
)

SELECT
    counted.strike_id,
    counted.episode_id,
    counted.cell,
    listed.entry.key AS controller,
    CAST(listed.entry.value AS DECIMAL(18, 12)) AS share
FROM counted
INNER JOIN listed ON counted.strike_id = listed.strike_id;

CREATE OR REPLACE TEMP TABLE held_by_set AS
WITH
held_pieces AS (
    SELECT
        episode_id,
        cell,
        controller,
        sum(share) AS share
    FROM held
    GROUP BY episode_id, cell, controller
),

whole AS (
    SELECT
        held_pieces.cell,
        held_pieces.controller,
        sum(CAST(held_pieces.share / pieces.strikes AS DECIMAL(18, 12))) AS share
    FROM held_pieces
    INNER JOIN pieces
        ON
            pieces.unit = 'episode'
            AND held_pieces.episode_id = pieces.item
            AND held_pieces.cell = pieces.cell
    ANTI JOIN scattered ON held_pieces.episode_id = scattered.item
    GROUP BY held_pieces.cell, held_pieces.controller
),

scattered_held AS (
    SELECT
        cell_sets.set_no,
        held_pieces.episode_id,
        held_pieces.controller,
        sum(held_pieces.share) AS share
    FROM held_pieces
    INNER JOIN scattered ON held_pieces.episode_id = scattered.item
    INNER JOIN cell_sets ON held_pieces.cell = cell_sets.cell
    GROUP BY cell_sets.set_no, held_pieces.episode_id, held_pieces.controller
),

by_row AS (
    SELECT
        cell,
        controller,
        sum(share) AS share
    FROM held
    GROUP BY cell, controller
),

sums AS (
    SELECT
        cell_sets.set_no,
        'row' AS unit,
        by_row.controller,
        by_row.share
    FROM by_row
    INNER JOIN cell_sets ON by_row.cell = cell_sets.cell
    UNION ALL
    SELECT
        cell_sets.set_no,
        'episode' AS unit,
        whole.controller,
        whole.share
    FROM whole
    INNER JOIN cell_sets ON whole.cell = cell_sets.cell
    UNION ALL
    SELECT
        scattered_held.set_no,
        'episode' AS unit,
        scattered_held.controller,
        sum(CAST(scattered_held.share / scattered_strikes.strikes AS DECIMAL(18, 12))) AS share
    FROM scattered_held
    INNER JOIN scattered_strikes
        ON
            scattered_held.set_no = scattered_strikes.set_no
            AND scattered_held.episode_id = scattered_strikes.item
    GROUP BY scattered_held.set_no, scattered_held.controller
)

SELECT
    set_no,
    unit,
    controller,
    sum(share) AS share
FROM sums
GROUP BY set_no, unit, controller;
