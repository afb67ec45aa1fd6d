-- Distance to the nearest front line, and margin r, on the last snapshot of each strike's window.
CREATE OR REPLACE TEMP TABLE front_distances AS
SELECT
    wanted.disc_id,
    wanted.snapshot_last,
    min(ST_Distance(discs.metric_centre, front_shapes.metric_shape)) AS front_distance_m
FROM (
    SELECT DISTINCT
        disc_id,
        snapshot_last
    FROM windows
    WHERE snapshot_last IS NOT NULL
) AS wanted
INNER JOIN discs ON wanted.disc_id = discs.disc_id
INNER JOIN front_shapes
    ON front_shapes.valid_from <= wanted.snapshot_last AND wanted.snapshot_last < front_shapes.valid_to
GROUP BY wanted.disc_id, wanted.snapshot_last;

CREATE OR REPLACE TEMP TABLE metric_places AS
SELECT
    valid_from,
    valid_to,
    controller = $focus AS is_focus,
    ST_Transform(ST_Point(longitude, latitude), 'OGC:CRS84', $projection) AS metric_place
FROM observations
WHERE controller <> 'contested';

CREATE OR REPLACE TEMP TABLE place_distances AS
SELECT
    wanted.disc_id,
    wanted.snapshot_last,
    min(ST_Distance(discs.metric_centre, metric_places.metric_place))
    FILTER (WHERE metric_places.is_focus) AS focus_m,
    min(ST_Distance(discs.metric_centre, metric_places.metric_place))
    FILTER (WHERE NOT metric_places.is_focus) AS other_m
FROM (
    SELECT DISTINCT
        disc_id,
        snapshot_last
    FROM windows
    WHERE snapshot_last IS NOT NULL
) AS wanted
INNER JOIN discs ON wanted.disc_id = discs.disc_id
INNER JOIN metric_places
    ON
        metric_places.valid_from <= wanted.snapshot_last
        AND (metric_places.valid_to IS NULL OR wanted.snapshot_last < metric_places.valid_to)
GROUP BY wanted.disc_id, wanted.snapshot_last;
