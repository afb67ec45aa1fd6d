-- Each different disc once, with a box in degrees that holds it; and for each strike the snapshots of its days.
CREATE OR REPLACE TEMP TABLE discs AS
WITH
different AS (
    SELECT DISTINCT
        longitude,
        latitude,
        radius_m
    FROM probes
),

measured AS (
    SELECT
        *,
        -- The radius as an angle, on the least radius of curvature of the ellipsoid and with 1 % to spare.
        radius_m * 1.01 / 6335000 AS reach,
        -- Where a pole is within reach, every longitude is.
        CASE
            WHEN abs(radians(latitude)) + reach < pi() / 2 THEN degrees(asin(sin(reach) / cos(radians(latitude))))
            ELSE 180
        END AS half_width
    FROM different
)

SELECT
    row_number() OVER () AS disc_id,
    longitude,
    latitude,
    radius_m,
    longitude - half_width AS west,
    latitude - degrees(reach) AS south,
    longitude + half_width AS east,
    latitude + degrees(reach) AS north
FROM measured;

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
