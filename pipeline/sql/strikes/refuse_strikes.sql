-- Every reason to refuse a strike record, one row a reason. Codes are those of pipeline/catalogue/reasons.yaml.
WITH
checked AS (
    SELECT
        located.*,
        latitude_text IS NOT NULL OR longitude_text IS NOT NULL AS says_coordinate,
        concat_ws(', ', latitude_text, longitude_text) AS coordinate_text,
        own_latitude BETWEEN $south AND $north AND own_longitude BETWEEN $west AND $east AS is_inside,
        own_longitude BETWEEN $south AND $north AND own_latitude BETWEEN $west AND $east AS is_inside_swapped,
        abs(own_latitude) <= 90 AND abs(own_longitude) <= 180 AS is_possible,
        coalesce(abs(own_latitude) < 0.01 AND abs(own_longitude) < 0.01, FALSE) AS is_null_island,
        shapes.shape AS province_shape
    FROM located
    LEFT JOIN shapes ON located.province = shapes.province
),

swapped AS (
    SELECT
        record_id,
        coordinate_text
    FROM checked
    WHERE
        has_coordinate
        AND NOT is_null_island
        AND is_inside_swapped
        AND (
            NOT is_inside
            OR (
                province_shape IS NOT NULL
                AND ST_Distance(province_shape, ST_Point(own_longitude, own_latitude)) > 0.25
                AND ST_Distance(province_shape, ST_Point(own_latitude, own_longitude)) = 0
            )
            OR (
                place_latitude IS NOT NULL
                AND greatest(abs(own_latitude - place_latitude), abs(own_longitude - place_longitude)) > 0.5
                AND greatest(abs(own_longitude - place_latitude), abs(own_latitude - place_longitude)) < 0.15
            )
        )
)

SELECT
    record_id,
    coalesce(problem, 'record_malformed') AS reason_code,
    NULL AS field,
    NULL AS value
FROM checked
WHERE problem IS NOT NULL
UNION ALL
SELECT
    record_id,
    'record_out_of_scope' AS reason_code,
    split_part(out_of_scope, ' = ', 1) AS field,
    out_of_scope AS value
FROM checked
WHERE out_of_scope IS NOT NULL
UNION ALL
SELECT
    record_id,
    'key_missing' AS reason_code,
    'source_key' AS field,
    NULL AS value
FROM checked
WHERE replace(source_key, ' | ', '') = ''
UNION ALL
SELECT
    record_id,
    'date_missing' AS reason_code,
    'date' AS field,
    NULL AS value
FROM checked
WHERE coalesce(date_exact_text, date_from_text, period_from_text) IS NULL
UNION ALL
SELECT
    record_id,
    'date_unparsable' AS reason_code,
    'date' AS field,
    coalesce(
        CASE WHEN date_exact IS NULL THEN date_exact_text END,
        CASE WHEN date_from IS NULL THEN date_from_text END,
        CASE WHEN date_to IS NULL THEN date_to_text END,
        CASE WHEN period_from IS NULL THEN period_from_text END,
        CASE WHEN period_to IS NULL THEN period_to_text END
    ) AS value
FROM checked
WHERE
    (date_exact_text IS NOT NULL AND date_exact IS NULL)
    OR (date_from_text IS NOT NULL AND date_from IS NULL)
    OR (date_to_text IS NOT NULL AND date_to IS NULL)
    OR (period_from_text IS NOT NULL AND period_from IS NULL)
    OR (period_to_text IS NOT NULL AND period_to IS NULL)
UNION ALL
SELECT
    record_id,
    'date_impossible' AS reason_code,
    'date' AS field,
    coalesce(date_exact_text, date_from_text, period_from_text) AS value
FROM checked
WHERE
    least(date_exact, date_from, period_from) < CAST($first_day AS DATE)
    OR greatest(date_exact, date_from, date_to, period_from, period_to) > CAST(received_at AS DATE)
    -- The effective window may begin on any day of the report's: none of them may lie past the last month.
    OR coalesce(date_exact, date_from, period_to, period_from) > CAST($last_day AS DATE)
UNION ALL
SELECT
    record_id,
    'date_order' AS reason_code,
    'date' AS field,
    concat_ws(' to ', coalesce(date_from_text, period_from_text), coalesce(date_to_text, period_to_text)) AS value
FROM checked
WHERE date_to < date_from OR period_to < period_from
UNION ALL
SELECT
    record_id,
    'coordinate_unreadable' AS reason_code,
    'coordinate' AS field,
    coordinate_text AS value
FROM checked
WHERE says_coordinate AND NOT has_coordinate
UNION ALL
SELECT
    record_id,
    'coordinate_null_island' AS reason_code,
    'coordinate' AS field,
    coordinate_text AS value
FROM checked
WHERE is_null_island
UNION ALL
SELECT
    record_id,
    'coordinate_swapped' AS reason_code,
    'coordinate' AS field,
    coordinate_text AS value
FROM swapped
UNION ALL
SELECT
    record_id,
    'coordinate_impossible' AS reason_code,
    'coordinate' AS field,
    coordinate_text AS value
FROM checked
WHERE has_coordinate AND NOT is_possible AND record_id NOT IN (SELECT swapped.record_id FROM swapped)
UNION ALL
SELECT
    record_id,
    'coordinate_outside' AS reason_code,
    'coordinate' AS field,
    coordinate_text AS value
FROM checked
WHERE
    has_coordinate
    AND is_possible
    AND NOT is_null_island
    AND NOT is_inside
    AND record_id NOT IN (SELECT swapped.record_id FROM swapped)
UNION ALL
SELECT
    record_id,
    'province_unknown' AS reason_code,
    'province' AS field,
    province_text AS value
FROM checked
WHERE province_text IS NOT NULL AND province IS NULL AND out_of_scope IS NULL
UNION ALL
SELECT
    record_id,
    'place_missing' AS reason_code,
    'place' AS field,
    place_text AS value
FROM checked
WHERE NOT says_coordinate AND place IS NULL
UNION ALL
SELECT
    record_id,
    'place_ambiguous' AS reason_code,
    'place' AS field,
    concat_ws(', ', place, province_text) AS value
FROM checked
WHERE NOT says_coordinate AND place IS NOT NULL AND candidates > 1
UNION ALL
SELECT
    record_id,
    'place_unknown' AS reason_code,
    'place' AS field,
    concat_ws(', ', place, province_text) AS value
FROM checked
WHERE NOT says_coordinate AND place IS NOT NULL AND candidates = 0
UNION ALL
SELECT
    record_id,
    'precision_unknown' AS reason_code,
    'precision' AS field,
    precision_text AS value
FROM checked
WHERE is_precision_unknown
UNION ALL
SELECT
    record_id,
    'precision_impossible' AS reason_code,
    'precision' AS field,
    precision_text AS value
FROM checked
WHERE own_precision_m < 0
ORDER BY record_id, reason_code;
