-- A coordinate for each strike: its own, else the gazetteer's for its place and province, else for a place of that
-- name if there is only one, else for the place that a name spelled otherwise was matched to (pipeline.place_matching).
-- The gazetteer's coordinate is kept beside a strike's own, to check the order of the two.
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

in_province AS (
    SELECT
        typed.record_id,
        min_by(spelled.place_id, spelled.place_id) AS place_id,
        count(DISTINCT row(spelled.latitude, spelled.longitude)) AS candidates
    FROM typed
    INNER JOIN spelled ON lower(typed.place) = spelled.spelling AND typed.province = spelled.province
    GROUP BY typed.record_id
),

anywhere AS (
    SELECT
        typed.record_id,
        min_by(spelled.place_id, spelled.place_id) AS place_id,
        count(DISTINCT row(spelled.latitude, spelled.longitude)) AS candidates
    FROM typed
    INNER JOIN spelled ON lower(typed.place) = spelled.spelling
    WHERE typed.province IS NULL
    GROUP BY typed.record_id
),

matched AS (
    SELECT * FROM in_province
    UNION ALL
    SELECT * FROM anywhere
)

SELECT
    typed.*,
    places.latitude AS place_latitude,
    places.longitude AS place_longitude,
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
