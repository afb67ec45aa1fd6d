-- Every reason to refuse a control observation, one row a reason. Codes are those of pipeline/catalogue/reasons.yaml.
-- A record that is malformed or of another source is not looked into any further. valid_to is exclusive: a statement
-- that ends on the day on which it begins says nothing.
WITH
checked AS (
    SELECT
        typed.*,
        typed.latitude IS NOT NULL AND typed.longitude IS NOT NULL AS has_coordinate,
        typed.latitude BETWEEN $south AND $north AND typed.longitude BETWEEN $west AND $east AS is_inside,
        typed.longitude BETWEEN $south AND $north AND typed.latitude BETWEEN $west AND $east AS is_inside_swapped,
        abs(typed.latitude) <= 90 AND abs(typed.longitude) <= 180 AS is_possible,
        typed.latitude = 0 AND typed.longitude = 0 AS is_null_island
    FROM typed
),

faults AS (
    SELECT
        *,
        CASE
            WHEN coordinate_text IS NULL THEN 'place_without_coordinate'
            WHEN is_swapped_by_letters THEN 'coordinate_swapped'
            WHEN NOT has_coordinate THEN 'coordinate_unreadable'
            WHEN is_null_island THEN 'coordinate_null_island'
            WHEN
                is_inside_swapped
                AND (NOT is_inside OR is_swapped_by_province)
                THEN 'coordinate_swapped'
            WHEN NOT is_possible THEN 'coordinate_impossible'
            WHEN NOT is_inside THEN 'coordinate_outside'
        END AS coordinate_fault
    FROM checked
    WHERE problem IS NULL AND out_of_scope IS NULL
)

SELECT
    record_id,
    problem AS reason_code,
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
    coordinate_fault AS reason_code,
    'coordinate' AS field,
    coordinate_text AS value
FROM faults
WHERE coordinate_fault IS NOT NULL
UNION ALL
SELECT
    record_id,
    'place_missing' AS reason_code,
    'place' AS field,
    NULL AS value
FROM faults
WHERE place IS NULL
UNION ALL
SELECT
    record_id,
    'province_unknown' AS reason_code,
    'province' AS field,
    province_text AS value
FROM faults
WHERE province_text IS NOT NULL AND province IS NULL
UNION ALL
SELECT
    record_id,
    'controller_unknown' AS reason_code,
    'controller' AS field,
    strange_holder AS value
FROM faults
WHERE strange_holder IS NOT NULL
UNION ALL
SELECT
    record_id,
    'controller_missing' AS reason_code,
    'controller' AS field,
    controller_text AS value
FROM faults
WHERE controller IS NULL AND strange_holder IS NULL
UNION ALL
SELECT
    record_id,
    'date_missing' AS reason_code,
    'valid_from' AS field,
    NULL AS value
FROM faults
WHERE valid_from_text IS NULL
UNION ALL
SELECT
    record_id,
    'date_unparsable' AS reason_code,
    'valid_from' AS field,
    valid_from_text AS value
FROM faults
WHERE valid_from_text IS NOT NULL AND valid_from IS NULL
UNION ALL
SELECT
    record_id,
    'date_unparsable' AS reason_code,
    'valid_to' AS field,
    valid_to_text AS value
FROM faults
WHERE valid_to_text IS NOT NULL AND valid_to IS NULL
UNION ALL
SELECT
    record_id,
    CASE
        WHEN valid_from IN (SELECT null_days.day FROM null_days) THEN 'date_null'
        WHEN valid_from < $earliest THEN 'date_too_early'
        ELSE 'date_future'
    END AS reason_code,
    'valid_from' AS field,
    valid_from_text AS value
FROM faults
WHERE
    valid_from < $earliest
    OR valid_from > cast(received_at AS DATE)
    OR valid_from IN (SELECT null_days.day FROM null_days)
UNION ALL
SELECT
    record_id,
    'date_order' AS reason_code,
    'valid_to' AS field,
    concat_ws(' to ', valid_from_text, valid_to_text) AS value
FROM faults
WHERE valid_to <= valid_from
ORDER BY record_id, reason_code, field;
