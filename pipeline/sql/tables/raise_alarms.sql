-- Rows of marts.alarms. Each rule is stated in the catalogue.
CREATE OR REPLACE TEMP TABLE named_coordinates AS
SELECT DISTINCT
    source,
    fold(place) AS name,
    province,
    round(longitude, 6) AS longitude,
    round(latitude, 6) AS latitude,
    precision_m
FROM strikes
WHERE location_basis = 'coordinate' AND fold(place) <> '';

-- How far each coordinate lies from where the place of that name lies: by the gazetteer and the observed places where
-- one has that name, else by the middle of all coordinates that the source itself gives for it.
CREATE OR REPLACE TEMP TABLE strays AS
WITH
known AS (
    SELECT
        fold(unnest(list_append(from_json(aliases, '["VARCHAR"]'), place))) AS name,
        province,
        longitude,
        latitude,
        precision_m,
        'the gazetteer' AS told_by
    FROM gazetteer
    UNION ALL
    SELECT
        fold(place) AS name,
        province,
        longitude,
        latitude,
        0 AS precision_m,
        'the control observations' AS told_by
    FROM observations
),

measured AS (
    SELECT
        named_coordinates.*,
        known.told_by,
        known.precision_m AS known_precision_m,
        ST_Distance_Sphere(
            ST_Point(known.longitude, known.latitude),
            ST_Point(named_coordinates.longitude, named_coordinates.latitude)
        ) AS away_m
    FROM named_coordinates
    INNER JOIN known
        ON
            named_coordinates.name = known.name
            AND (named_coordinates.province = known.province OR named_coordinates.province IS NULL OR known.province IS NULL)
),

-- Of several places of one name, that is meant whose disc is nearest.
by_others AS (
    SELECT *
    FROM measured
    QUALIFY
        row_number() OVER (
            PARTITION BY source, name, province, longitude, latitude, precision_m
            ORDER BY away_m - known_precision_m, away_m, told_by
        ) = 1
),

middles AS (
    SELECT
        source,
        name,
        province,
        median(longitude) AS longitude,
        median(latitude) AS latitude
    FROM named_coordinates
    GROUP BY source, name, province
),

by_itself AS (
    SELECT
        named_coordinates.*,
        ST_Distance_Sphere(
            ST_Point(middles.longitude, middles.latitude),
            ST_Point(named_coordinates.longitude, named_coordinates.latitude)
        ) AS away_m,
        0 AS known_precision_m,
        'the middle of the source''s own coordinates for that name' AS told_by
    FROM named_coordinates
    INNER JOIN middles
        ON
            named_coordinates.source = middles.source
            AND named_coordinates.name = middles.name
            AND named_coordinates.province IS NOT DISTINCT FROM middles.province
    ANTI JOIN by_others
        ON
            named_coordinates.source = by_others.source
            AND named_coordinates.name = by_others.name
            AND named_coordinates.province IS NOT DISTINCT FROM by_others.province
)

SELECT * FROM by_others
WHERE away_m > precision_m + known_precision_m + $place_margin_m
UNION ALL BY NAME
SELECT * FROM by_itself
WHERE away_m > precision_m + known_precision_m + $middle_margin_m;

-- Coordinates that a source gives to places of unlike names, and the name that it gives them to most often.
CREATE OR REPLACE TEMP TABLE shared_coordinates AS
WITH
counted AS (
    SELECT
        source,
        round(longitude, 6) AS longitude,
        round(latitude, 6) AS latitude,
        fold(place) AS name,
        min(place) AS place,
        count(*) AS strikes
    FROM strikes
    WHERE location_basis = 'coordinate' AND precision_m < $point_precision_m AND fold(place) <> ''
    GROUP BY ALL
)

SELECT
    source,
    longitude,
    latitude,
    arg_max(name, (strikes, name)) AS name,
    arg_max(place, (strikes, name)) AS place
FROM counted
GROUP BY source, longitude, latitude
HAVING count(*) > 1;

-- How far each coordinate lies outside each province that a source puts it in; provinces brought to metres once.
CREATE OR REPLACE TEMP TABLE placed_in_provinces AS
WITH
provinces AS MATERIALIZED (
    SELECT
        province,
        ST_Transform(ST_GeomFromWKB(geometry), 'OGC:CRS84', $projection) AS shape
    FROM province_shapes
),

coordinates AS MATERIALIZED (
    SELECT DISTINCT
        province,
        longitude,
        latitude,
        ST_Transform(ST_Point(longitude, latitude), 'OGC:CRS84', $projection) AS point
    FROM strikes
)

SELECT
    coordinates.province,
    coordinates.longitude,
    coordinates.latitude,
    ST_Distance(provinces.shape, coordinates.point) AS outside_m
FROM coordinates
INNER JOIN provinces ON coordinates.province = provinces.province;

WITH
-- The shortest decimals that give the number are those that the source wrote, but for zeros at the end, which a number
-- does not keep.
written AS (
    SELECT
        source,
        strike_id,
        place,
        date_from,
        precision_m,
        greatest(
            length(split_part(CAST(latitude AS VARCHAR), '.', 2)), length(split_part(CAST(longitude AS VARCHAR), '.', 2))
        ) AS decimals,
        CASE WHEN location_basis = 'coordinate' THEN 0.5 * 111320 / 10 ^ decimals ELSE 0 END AS half_step_m,
        ST_Distance_Sphere(ST_Point($west, $south), ST_Point($east, $north)) / 2 AS widest_m
    FROM strikes
)

SELECT
    $theatre AS theatre,
    strikes.source,
    strikes.strike_id,
    'ally_ground' AS alarm,
    strikes.place,
    strikes.date_from,
    'held by ' || attribution.controller || ', ' || attribution.status || ', ' || attribution.certainty
    || coalesce(', ' || told_kilometres(attribution.front_distance_m) || ' from a front', '') AS detail
FROM strikes
INNER JOIN attribution ON strikes.strike_id = attribution.strike_id
WHERE attribution.controller = $ally
UNION ALL
SELECT
    $theatre AS theatre,
    strikes.source,
    strikes.strike_id,
    'far_from_province' AS alarm,
    strikes.place,
    strikes.date_from,
    told_kilometres(placed_in_provinces.outside_m) || ' outside ' || strikes.province AS detail
FROM strikes
INNER JOIN placed_in_provinces
    ON
        strikes.province = placed_in_provinces.province
        AND strikes.longitude = placed_in_provinces.longitude
        AND strikes.latitude = placed_in_provinces.latitude
WHERE placed_in_provinces.outside_m > greatest($province_margin_m, strikes.precision_m)
UNION ALL
SELECT
    $theatre AS theatre,
    strikes.source,
    strikes.strike_id,
    'far_from_place' AS alarm,
    strikes.place,
    strikes.date_from,
    told_kilometres(strays.away_m) || ' from ' || strikes.place || ' by ' || strays.told_by AS detail
FROM strikes
INNER JOIN strays
    ON
        strikes.source = strays.source
        AND fold(strikes.place) = strays.name
        AND strikes.province IS NOT DISTINCT FROM strays.province
        AND round(strikes.longitude, 6) = strays.longitude
        AND round(strikes.latitude, 6) = strays.latitude
        AND strikes.precision_m = strays.precision_m
WHERE strikes.location_basis = 'coordinate'
UNION ALL
SELECT
    $theatre AS theatre,
    strikes.source,
    strikes.strike_id,
    'shared_coordinate' AS alarm,
    strikes.place,
    strikes.date_from,
    'the source gives this coordinate to ' || shared_coordinates.place || ' more often' AS detail
FROM strikes
INNER JOIN shared_coordinates
    ON
        strikes.source = shared_coordinates.source
        AND round(strikes.longitude, 6) = shared_coordinates.longitude
        AND round(strikes.latitude, 6) = shared_coordinates.latitude
WHERE
    strikes.location_basis = 'coordinate'
    AND strikes.precision_m < $point_precision_m
    -- Two spellings of one name are alike, and "Raqqa" is part of "Saif al-Dawla, Raqqa".
    AND jaro_winkler_similarity(fold(strikes.place), shared_coordinates.name) < $alike
    AND NOT contains(fold(strikes.place), shared_coordinates.name)
    AND NOT contains(shared_coordinates.name, fold(strikes.place))
UNION ALL
SELECT
    $theatre AS theatre,
    source,
    strike_id,
    'impossible_precision' AS alarm,
    place,
    date_from,
    CASE
        WHEN precision_m <= 0 THEN 'precision of 0 m'
        WHEN precision_m > widest_m THEN 'precision of ' || told_kilometres(precision_m) || ', wider than the theatre'
        ELSE
            'precision of ' || CAST(round(precision_m) AS BIGINT) || ' m, but ' || decimals
            || ' decimals but for zeros: a half step of ' || CAST(round(half_step_m) AS BIGINT) || ' m'
    END AS detail
FROM written
WHERE precision_m <= 0 OR precision_m > widest_m OR half_step_m > precision_m
ORDER BY source, strike_id, alarm;
