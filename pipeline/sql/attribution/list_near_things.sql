-- What decides front distance and margin r, on the last snapshot of each strike's window: the centres that ask, and the
-- front lines and observed places of both classes, in metres.
CREATE OR REPLACE TEMP TABLE near_points AS
WITH asking AS (
    SELECT DISTINCT
        disc_id,
        snapshot_last AS day
    FROM windows
    WHERE snapshot_last IS NOT NULL
)

SELECT
    asking.disc_id,
    asking.day,
    ST_Transform(ST_Point(discs.longitude, discs.latitude), 'OGC:CRS84', $projection) AS centre,
    ST_X(centre) AS x,
    ST_Y(centre) AS y
FROM asking
INNER JOIN discs ON asking.disc_id = discs.disc_id;

CREATE OR REPLACE TEMP TABLE near_things AS
WITH things AS (
    SELECT
        'front' AS kind,
        valid_from,
        valid_to,
        ST_GeomFromWKB(geometry) AS shape
    FROM fronts
    UNION ALL
    SELECT
        CASE WHEN controller = $focus THEN 'focus' ELSE 'other' END AS kind,
        valid_from,
        coalesce(valid_to, DATE '9999-12-31') AS valid_to,
        ST_Point(longitude, latitude) AS shape
    FROM observations
    WHERE controller <> 'contested'
)

SELECT
    kind,
    valid_from,
    valid_to,
    ST_AsWKB(ST_Transform(shape, 'OGC:CRS84', $projection)) AS geometry
FROM things;
