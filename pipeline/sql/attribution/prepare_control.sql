-- Control as the join needs it: which snapshot is in force on each day, which areas stand on each snapshot, and each
-- different polygon once with its bounds in degrees: areas repeat their polygons.
CREATE OR REPLACE TEMP TABLE needed_days AS
SELECT CAST(unnest(generate_series(min(date_from), max(date_to), INTERVAL 1 DAY)) AS DATE) AS day
FROM probes;

CREATE OR REPLACE TEMP TABLE day_snapshots AS
SELECT
    needed_days.day,
    max(snapshots.snapshot_day) AS snapshot_day
FROM needed_days
INNER JOIN snapshots
    ON needed_days.day >= snapshots.snapshot_day AND needed_days.day < snapshots.in_force_to
GROUP BY needed_days.day;

CREATE OR REPLACE TEMP TABLE used_snapshots AS
SELECT DISTINCT snapshot_day FROM day_snapshots;

CREATE OR REPLACE TEMP TABLE shapes AS
WITH different AS (
    SELECT
        areas.geometry,
        list(areas.area_id) AS area_ids,
        ST_Extent(ST_GeomFromWKB(areas.geometry)) AS extent
    FROM areas
    SEMI JOIN used_snapshots
        ON areas.valid_from <= used_snapshots.snapshot_day AND used_snapshots.snapshot_day < areas.valid_to
    GROUP BY areas.geometry
)

SELECT
    row_number() OVER () - 1 AS shape_id,
    geometry,
    area_ids,
    ST_XMin(extent) AS west,
    ST_YMin(extent) AS south,
    ST_XMax(extent) AS east,
    ST_YMax(extent) AS north
FROM different;

CREATE OR REPLACE TEMP TABLE snapshot_areas AS
WITH drawn AS (
    SELECT
        unnest(area_ids) AS area_id,
        * EXCLUDE (geometry, area_ids)
    FROM shapes
)

SELECT
    used_snapshots.snapshot_day,
    areas.controller,
    areas.parties,
    drawn.*
FROM drawn
INNER JOIN areas ON drawn.area_id = areas.area_id
INNER JOIN used_snapshots
    ON areas.valid_from <= used_snapshots.snapshot_day AND used_snapshots.snapshot_day < areas.valid_to;
