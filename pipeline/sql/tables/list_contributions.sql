-- What each place and disc brings to each bin: the weight of its strikes, an item weighing one, and the part of that
-- weight which is the focus controller's. A bin is a cell, or a set (as -set_no) for an episode of several pieces, which
-- has another mean in each set. Of one disc on one span of days there is one answer however many strikes it has.
WITH
probes AS (
    SELECT
        strike_id,
        dense_rank() OVER (ORDER BY longitude, latitude, precision_m, date_from, date_to) AS probe_no
    FROM strikes
),

weighted AS (
    SELECT
        'row' AS unit,
        counted.cell AS bin,
        counted.strike_id,
        counted.place_no,
        counted.focus_share,
        1 AS strikes
    FROM counted
    UNION ALL
    SELECT
        'episode' AS unit,
        counted.cell AS bin,
        counted.strike_id,
        counted.place_no,
        counted.focus_share,
        pieces.strikes
    FROM counted
    INNER JOIN pieces
        ON
            pieces.unit = 'episode'
            AND counted.episode_id = pieces.item
            AND counted.cell = pieces.cell
    ANTI JOIN scattered ON counted.episode_id = scattered.item
    UNION ALL
    SELECT
        'episode' AS unit,
        -cell_sets.set_no AS bin,
        counted.strike_id,
        counted.place_no,
        counted.focus_share,
        scattered_strikes.strikes
    FROM counted
    INNER JOIN cell_sets ON counted.cell = cell_sets.cell
    INNER JOIN scattered_strikes
        ON
            cell_sets.set_no = scattered_strikes.set_no
            AND counted.episode_id = scattered_strikes.item
)

SELECT
    weighted.unit,
    weighted.bin,
    weighted.place_no,
    probes.probe_no,
    CAST(sum(CAST(1 / weighted.strikes AS DECIMAL(18, 12))) AS DOUBLE) AS weight,
    CAST(sum(CAST(weighted.focus_share / weighted.strikes AS DECIMAL(18, 12))) AS DOUBLE) AS focus_weight
FROM weighted
INNER JOIN probes ON weighted.strike_id = probes.strike_id
GROUP BY weighted.unit, weighted.bin, weighted.place_no, probes.probe_no
ORDER BY weighted.unit, weighted.bin, weighted.place_no, probes.probe_no;
