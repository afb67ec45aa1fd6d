-- A coordinate for each strike: its own, else the gazetteer's for its place and province, else for a place of that
-- name if there is only one, else for the place that a name spelled otherwise was matched to (pipeline.place_matching).
-- Of a strike's own coordinate it is kept how far it lies, as written and with its axes exchanged, from the nearest of
-- all places that its name may mean, to check the order of the two.
CREATE OR REPLACE TEMP TABLE located AS
WITH
spelled AS (
    SELECT
        place_id,
        lower(spelling) AS spelling,
        province,
        latitude,
        longitude,
        precision_m
    FROM (
        SELECT
            places.*,
            unnest(list_distinct(list_append(from_json(places.aliases, '["VARCHAR"]'), places.place))) AS spelling
        FROM places
    ) AS spellings
    WHERE spelling <> ''
),

named AS (
    SELECT
        typed.record_id,
        typed.own_latitude,
        typed.own_longitude,
        spelled.*
    FROM typed
    INNER JOIN spelled ON lower(typed.place) = spelled.spelling AND typed.province = spelled.province
    UNION ALL
    SELECT
        typed.record_id,
        typed.own_latitude,
        typed.own_longitude,
        spelled.*
    FROM typed
    INNER JOIN spelled ON lower(typed.place) = spelled.spelling
    WHERE typed.province IS NULL
),

matched AS (
    SELECT
        record_id,
        min(place_id) AS place_id,
        count(DISTINCT row(latitude, longitude)) AS candidates,
        min(greatest(abs(own_latitude - latitude), abs(own_longitude - longitude))) AS off_place,
        min(greatest(abs(own_longitude - latitude), abs(own_latitude - longitude))) AS off_place_swapped
    FROM named
    GROUP BY record_id
)

SELECT
    typed.*,
    coalesce(
        matched.off_place,
        greatest(abs(typed.own_latitude - places.latitude), abs(typed.own_longitude - places.longitude))
    ) AS off_place,
    coalesce(
        matched.off_place_swapped,
        greatest(abs(typed.own_longitude - places.latitude), abs(typed.own_latitude - places.longitude))
    ) AS off_place_swapped,
    places.precision_m AS place_precision_m,
    coalesce(
        matched.candidates, CASE WHEN place_matches.rivals IS NOT NULL THEN 2 END,
        CAST(place_matches.place_id IS NOT NULL AS INTEGER), 0
    ) AS candidates,
    place_matches.rivals,
    typed.own_latitude IS NOT NULL AND typed.own_longitude IS NOT NULL AS has_coordinate,
    CASE WHEN has_coordinate THEN typed.own_latitude ELSE places.latitude END AS latitude,
    CASE WHEN has_coordinate THEN typed.own_longitude ELSE places.longitude END AS longitude,
    CASE WHEN has_coordinate THEN 'coordinate' ELSE 'gazetteer' END AS location_basis,
    CASE WHEN NOT has_coordinate THEN coalesce(place_matches.place_matched, places.place) END AS place_matched,
    CASE WHEN NOT has_coordinate THEN coalesce(place_matches.place_score, 100) END AS place_score,
    CASE WHEN NOT has_coordinate THEN coalesce(place_matches.place_basis, 'spelled') END AS place_basis
FROM typed
LEFT JOIN matched ON typed.record_id = matched.record_id
LEFT JOIN place_matches
    ON
        matched.record_id IS NULL
        AND typed.place = place_matches.place
        AND typed.province IS NOT DISTINCT FROM place_matches.province
LEFT JOIN places ON coalesce(matched.place_id, place_matches.place_id) = places.place_id;
