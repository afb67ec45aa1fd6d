-- THE JOIN: each disc on each snapshot that it needs, against the areas that stand then. One replaceable step: what
-- follows needs only `hits` (disc_id, snapshot_day, controller, parties, priority, at_point, share).
CREATE OR REPLACE TEMP TABLE hits AS
WITH
wanted AS (
    SELECT DISTINCT
        disc_id,
        snapshot_day
    FROM probe_days
    WHERE snapshot_day IS NOT NULL
),

snapshot_areas AS (
    SELECT
        used_snapshots.snapshot_day,
        shapes.*
    FROM used_snapshots
    INNER JOIN shapes
        ON shapes.valid_from <= used_snapshots.snapshot_day AND used_snapshots.snapshot_day < shapes.valid_to
),

-- A shape stands on many snapshots; a disc meets it once.
candidates AS (
    SELECT
        wanted.disc_id,
        snapshot_areas.area_id,
        list(wanted.snapshot_day) AS snapshot_days
    FROM wanted
    INNER JOIN discs ON wanted.disc_id = discs.disc_id
    INNER JOIN snapshot_areas
        ON
            wanted.snapshot_day = snapshot_areas.snapshot_day
            AND discs.west <= snapshot_areas.east
            AND discs.east >= snapshot_areas.west
            AND discs.south <= snapshot_areas.north
            AND discs.north >= snapshot_areas.south
    GROUP BY wanted.disc_id, snapshot_areas.area_id
),

measured AS (
    SELECT
        candidates.disc_id,
        candidates.snapshot_days,
        shapes.controller,
        shapes.parties,
        shapes.area_id,
        ST_Intersects(shapes.shape, discs.centre) AS at_point,
        -- Shares are decimals from here on: their sums are exact, so no order of rows or threads shows in a figure.
        CAST(
            CASE
                WHEN discs.disc IS NOT NULL
                    THEN ST_Area(ST_Intersection(discs.disc, shapes.metric_shape)) / ST_Area(discs.disc)
                ELSE 0
            END AS DECIMAL(18, 12)
        ) AS share
    FROM candidates
    INNER JOIN discs ON candidates.disc_id = discs.disc_id
    INNER JOIN shapes ON candidates.area_id = shapes.area_id
)

SELECT
    disc_id,
    unnest(snapshot_days) AS snapshot_day,
    measured.controller,
    parties,
    coalesce(priorities.priority, 1000) AS priority,
    area_id,
    at_point,
    share
FROM measured
LEFT JOIN priorities ON measured.controller = priorities.controller
WHERE at_point OR share > 0;
