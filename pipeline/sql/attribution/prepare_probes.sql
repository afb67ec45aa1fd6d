-- Each different disc once, in metres and with its bounds in degrees; and for each strike the snapshots of its days.
CREATE OR REPLACE TEMP TABLE discs AS
WITH
different AS (
    SELECT DISTINCT
        longitude,
        latitude,
        radius_m
    FROM probes
),

centred AS (
    SELECT
        *,
        ST_Point(longitude, latitude) AS centre,
        ST_Transform(centre, 'OGC:CRS84', $projection) AS metric_centre
    FROM different
),

theatre_land AS (
    SELECT
        ST_Transform(ST_GeomFromWKB(geometry), 'OGC:CRS84', $projection) AS land,
        ST_Boundary(land) AS border
    FROM land_wkb
),

circles AS (
    SELECT
        centred.*,
        -- A 64-gon of the circle's own area: its corners lie a little outside the circle.
        CASE
            WHEN radius_m > 0 THEN ST_Buffer(metric_centre, radius_m * sqrt(2 * pi() / (64 * sin(2 * pi() / 64))), 16)
        END AS circle,
        radius_m > 0 AND ST_Distance(metric_centre, theatre_land.border) <= radius_m * 1.01 AS meets_border
    FROM centred
    CROSS JOIN theatre_land
),

-- The location is reported to lie in the theatre: sea and neighbouring countries are no part of its disc.
clipped AS (
    SELECT
        circles.*,
        CASE WHEN meets_border THEN ST_Intersection(circle, theatre_land.land) ELSE circle END AS part
    FROM circles
    CROSS JOIN theatre_land
),

drawn AS (
    SELECT
        clipped.* EXCLUDE (circle, meets_border, part),
        CASE WHEN ST_IsEmpty(part) THEN circle ELSE part END AS disc,
        ST_Transform(coalesce(disc, metric_centre), $projection, 'OGC:CRS84') AS disc_in_degrees
    FROM clipped
)

SELECT
    row_number() OVER (ORDER BY longitude, latitude, radius_m) AS disc_id,
    drawn.* EXCLUDE (disc_in_degrees),
    least(ST_XMin(disc_in_degrees), longitude) AS west,
    least(ST_YMin(disc_in_degrees), latitude) AS south,
    greatest(ST_XMax(disc_in_degrees), longitude) AS east,
    greatest(ST_YMax(disc_in_degrees), latitude) AS north
FROM drawn;

CREATE OR REPLACE TEMP TABLE probe_days AS
WITH days AS (
    SELECT
        strike_id,
        longitude,
        latitude,
        radius_m,
        CAST(unnest(generate_series(date_from, date_to, INTERVAL 1 DAY)) AS DATE) AS day
    FROM probes
)

SELECT
    days.strike_id,
    discs.disc_id,
    day_snapshots.snapshot_day,
    count(*) AS days,
    max(days.day) AS last_day,
    max(days.day - day_snapshots.snapshot_day) AS age_days
FROM days
INNER JOIN discs
    ON
        days.longitude = discs.longitude
        AND days.latitude = discs.latitude
        AND days.radius_m = discs.radius_m
LEFT JOIN day_snapshots ON days.day = day_snapshots.day
GROUP BY days.strike_id, discs.disc_id, day_snapshots.snapshot_day;
