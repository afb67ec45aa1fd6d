-- Every reason to refuse a strike record, one row a reason. Codes are those of pipeline/catalogue/reasons.yaml.
-- A malformed record gets that reason alone: what it seems to lack may stand in another column.
WITH
checked AS (
    SELECT
        located.*,
        coordinate_text IS NOT NULL AS says_coordinate,
        own_latitude BETWEEN $south AND $north AND own_longitude BETWEEN $west AND $east AS is_inside,
        own_longitude BETWEEN $south AND $north AND own_latitude BETWEEN $west AND $east AS is_inside_swapped,
        abs(own_latitude) <= 90 AND abs(own_longitude) <= 180 AS is_possible,
        coalesce(abs(own_latitude) < 0.01 AND abs(own_longitude) < 0.01, FALSE) AS is_null_island,
        CASE
            WHEN period_to < period_from OR period_to - period_from > $longest_window_days
                THEN concat_ws(' to ', period_from_text, period_to_text)
            ELSE concat_ws(
                ' to ',
                coalesce(date_from_text, period_from_text, date_exact_text),
                coalesce(date_to_text, date_from_text, period_to_text, period_from_text, date_exact_text)
            )
        END AS window_text
    FROM located
    WHERE located.problem IS NULL
),

swapped AS (
    SELECT
        record_id,
        coordinate_text
    FROM checked
    WHERE is_swapped_by_letters
    UNION
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
            OR is_swapped_by_province
            OR (off_place > 0.5 AND off_place_swapped < 0.15)
        )
),

days AS (
    SELECT
        record_id,
        CAST(received_at AS DATE) AS received_on,
        unnest([
            { 'field': 'date_exact', 'said': date_exact_text, 'day': date_exact },
            { 'field': 'date_from', 'said': date_from_text, 'day': date_from },
            { 'field': 'date_to', 'said': date_to_text, 'day': date_to },
            { 'field': 'period_from', 'said': period_from_text, 'day': period_from },
            { 'field': 'period_to', 'said': period_to_text, 'day': period_to },
            { 'field': 'published', 'said': published_text, 'day': published }
        ]) AS told
    FROM checked
),

day_faults AS (
    SELECT
        record_id,
        told.field,
        told.said,
        CASE
            WHEN told.day IS NULL THEN 'date_unparsable'
            WHEN told.day IN (SELECT null_days.day FROM null_days) THEN 'date_null'
            WHEN told.day < CAST($first_day AS DATE) THEN 'date_too_early'
            WHEN told.day > received_on THEN 'date_future'
        END AS reason_code
    FROM days
    WHERE told.said IS NOT NULL
)

SELECT
    record_id,
    problem AS reason_code,
    NULL AS field,
    NULL AS value
FROM located
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
    reason_code,
    field,
    said AS value
FROM day_faults
WHERE reason_code IS NOT NULL
UNION ALL
SELECT
    record_id,
    'date_after_theatre' AS reason_code,
    'date' AS field,
    coalesce(date_exact_text, date_from_text, period_to_text, period_from_text) AS value
FROM checked
WHERE
    -- The effective window may begin on any day of the report's: none of them may lie past the last month.
    coalesce(date_exact, date_from, period_to, period_from) > CAST($last_day AS DATE)
    AND record_id NOT IN (
        SELECT day_faults.record_id FROM day_faults
        WHERE day_faults.reason_code = 'date_future' AND day_faults.field <> 'published'
    )
UNION ALL
SELECT
    record_id,
    'date_order' AS reason_code,
    'date' AS field,
    window_text AS value
FROM checked
WHERE reported_to < reported_from OR period_to < period_from
UNION ALL
SELECT
    record_id,
    'date_span' AS reason_code,
    'date' AS field,
    window_text AS value
FROM checked
WHERE reported_to - reported_from > $longest_window_days OR period_to - period_from > $longest_window_days
UNION ALL
SELECT
    record_id,
    'coordinate_unreadable' AS reason_code,
    'coordinate' AS field,
    coordinate_text AS value
FROM checked
WHERE says_coordinate AND NOT has_coordinate AND NOT is_swapped_by_letters
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
    concat_ws(', ', place, province_text) || coalesce(': ' || rivals, '') AS value
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
    'confidence_unknown' AS reason_code,
    'confidence' AS field,
    confidence_strange AS value
FROM checked
WHERE confidence_strange IS NOT NULL AND out_of_scope IS NULL
UNION ALL
SELECT
    record_id,
    'target_unknown' AS reason_code,
    'claimed_actor' AS field,
    claimed_controller_strange AS value
FROM checked
WHERE claimed_controller_strange IS NOT NULL AND out_of_scope IS NULL
UNION ALL
SELECT
    record_id,
    'controller_unknown' AS reason_code,
    'stated_holder' AS field,
    stated_holder_strange AS value
FROM checked
WHERE stated_holder_strange IS NOT NULL AND out_of_scope IS NULL
UNION ALL
SELECT
    record_id,
    precision_fault AS reason_code,
    'precision' AS field,
    precision_text AS value
FROM checked
WHERE precision_fault IS NOT NULL
UNION ALL
SELECT
    record_id,
    'precision_impossible' AS reason_code,
    'precision' AS field,
    precision_text AS value
FROM checked
WHERE own_precision_m < 0 OR own_precision_m > $widest_precision_m
ORDER BY record_id, reason_code;
