-- Control as the join needs it: which snapshot is in force on each day, which areas stand on each snapshot, shapes in
-- degrees for the point and in metres for the disc.
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
SELECT
    areas.area_id,
    areas.controller,
    areas.parties,
    areas.valid_from,
    areas.valid_to,
    ST_GeomFromWKB(areas.geometry) AS shape,
    ST_Transform(shape, 'OGC:CRS84', $projection) AS metric_shape,
    ST_XMin(shape) AS west,
    ST_YMin(shape) AS south,
    ST_XMax(shape) AS east,
    ST_YMax(shape) AS north
FROM areas
SEMI JOIN used_snapshots
    ON areas.valid_from <= used_snapshots.snapshot_day AND used_snapshots.snapshot_day < areas.valid_to;

CREATE OR REPLACE TEMP TABLE front_shapes AS
SELECT
    fronts.front_id,
    fronts.valid_from,
    fronts.valid_to,
    ST_Transform(ST_GeomFromWKB(fronts.geometry), 'OGC:CRS84', $projection) AS metric_shape
FROM fronts
SEMI JOIN used_snapshots
    ON fronts.valid_from <= used_snapshots.snapshot_day AND used_snapshots.snapshot_day < fronts.valid_to;
