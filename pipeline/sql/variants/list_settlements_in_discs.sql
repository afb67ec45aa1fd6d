-- The known settlements (observed places, the gazetteer's, towns of the base map) that lie in each disc.
WITH
settlements AS (
    SELECT
        longitude,
        latitude
    FROM control_observations
    UNION
    SELECT
        longitude,
        latitude
    FROM places
    UNION
    SELECT
        ST_X(ST_GeomFromWKB(geometry)) AS longitude,
        ST_Y(ST_GeomFromWKB(geometry)) AS latitude
    FROM towns
)

SELECT
    strikes.strike_id,
    settlements.longitude,
    settlements.latitude,
    strikes.date_from,
    strikes.date_to
FROM strikes
INNER JOIN settlements
    ON
        abs(settlements.latitude - strikes.latitude) <= strikes.precision_m / 110000
        AND ST_Distance_Sphere(
            ST_Point(settlements.longitude, settlements.latitude), ST_Point(strikes.longitude, strikes.latitude)
        ) <= strikes.precision_m
ORDER BY strikes.strike_id, settlements.longitude, settlements.latitude;
