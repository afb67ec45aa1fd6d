-- Rows of marts.alarms.
WITH
placed AS (
    SELECT
        strikes.source,
        strikes.strike_id,
        strikes.place,
        strikes.date_from,
        strikes.province,
        strikes.precision_m,
        ST_Distance(
            ST_Transform(ST_GeomFromWKB(province_shapes.geometry), 'OGC:CRS84', $projection),
            ST_Transform(ST_Point(strikes.longitude, strikes.latitude), 'OGC:CRS84', $projection)
        ) AS outside_m
    FROM strikes
    INNER JOIN province_shapes ON strikes.province = province_shapes.province
)

SELECT
    $theatre AS theatre,
    strikes.source,
    strikes.strike_id,
    'ally_ground' AS alarm,
    strikes.place,
    strikes.date_from,
    'held by ' || attribution.controller || ', ' || attribution.status || ', ' || attribution.certainty
    || coalesce(', ' || CAST(round(attribution.front_distance_m / 1000, 1) AS VARCHAR) || ' km from a front', '')
        AS detail
FROM strikes
INNER JOIN attribution ON strikes.strike_id = attribution.strike_id
WHERE attribution.controller = $ally
UNION ALL
SELECT
    $theatre AS theatre,
    source,
    strike_id,
    'far_from_province' AS alarm,
    place,
    date_from,
    CAST(round(outside_m / 1000, 1) AS VARCHAR) || ' km outside ' || province AS detail
FROM placed
WHERE outside_m > greatest(10000, precision_m)
ORDER BY source, strike_id, alarm;
