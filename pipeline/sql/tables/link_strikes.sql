-- Pairs of strikes of different sources that could be one event; the rule is stated in the catalogue (core.links). Only
-- strikes of one cell of a grid, or of cells that touch, are compared: a cell is no narrower than the farthest reach.
WITH
placed AS (
    SELECT
        strike_id,
        source,
        date_from,
        date_to,
        date_to - date_from + 1 AS days,
        latitude,
        longitude,
        precision_m,
        CAST(floor(latitude / $cell_latitude) AS BIGINT) AS cell_y,
        CAST(floor(longitude / $cell_longitude) AS BIGINT) AS cell_x
    FROM strikes
    WHERE NOT is_background
),

steps AS (
    SELECT unnest([-1, 0, 1]) AS step
),

spread AS (
    SELECT
        placed.* EXCLUDE (cell_y, cell_x),
        placed.cell_y + north.step AS cell_y,
        placed.cell_x + east.step AS cell_x
    FROM placed
    CROSS JOIN steps AS north
    CROSS JOIN steps AS east
),

measured AS (
    SELECT
        one.source AS source_a,
        one.strike_id AS strike_a,
        other.source AS source_b,
        other.strike_id AS strike_b,
        round(
            ST_Distance_Spheroid(ST_Point(one.longitude, one.latitude), ST_Point(other.longitude, other.latitude)), 1
        ) AS distance_m,
        least(greatest(one.precision_m + other.precision_m, $least_reach_m), $most_reach_m) AS reach_m,
        greatest(one.date_from - other.date_to, other.date_from - one.date_to, 0) AS days_apart,
        greatest(least(one.date_to, other.date_to) - greatest(one.date_from, other.date_from) + 1, 0) AS days_common,
        greatest(one.days, other.days) AS days_longer
    FROM placed AS one
    INNER JOIN spread AS other
        ON
            one.cell_y = other.cell_y
            AND one.cell_x = other.cell_x
            AND one.source < other.source
            AND one.date_from <= other.date_to + $most_days_apart
            AND other.date_from <= one.date_to + $most_days_apart
),

scored AS (
    SELECT
        *,
        round((1 - distance_m / reach_m) * (1 + days_common) / (1 + days_longer), 4) AS score
    FROM measured
    WHERE distance_m <= reach_m
)

SELECT
    $theatre AS theatre,
    source_a,
    strike_a,
    source_b,
    strike_b,
    distance_m,
    reach_m,
    days_apart,
    days_common,
    score
FROM scored
QUALIFY
    row_number() OVER (PARTITION BY strike_a, source_b ORDER BY score DESC, distance_m ASC, strike_b ASC) <= $most_links
    OR row_number() OVER (PARTITION BY strike_b, source_a ORDER BY score DESC, distance_m ASC, strike_a ASC) <= $most_links
ORDER BY strike_a, strike_b;
