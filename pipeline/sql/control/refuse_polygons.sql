-- Every reason to refuse a control feature, one row a reason. Codes are those of pipeline/catalogue/reasons.yaml.
-- A record that is malformed or of another source is not looked into any further.
WITH in_scope AS (
    SELECT * FROM typed
    WHERE problem IS NULL AND out_of_scope IS NULL
)

SELECT
    record_id,
    problem AS reason_code,
    NULL AS field,
    NULL AS value
FROM typed
WHERE problem IS NOT NULL
UNION ALL
SELECT
    record_id,
    'record_out_of_scope' AS reason_code,
    split_part(out_of_scope, ' = ', 1) AS field,
    out_of_scope AS value
FROM typed
WHERE out_of_scope IS NOT NULL
UNION ALL
SELECT
    record_id,
    shape_fault AS reason_code,
    'geometry' AS field,
    shape_text AS value
FROM in_scope
WHERE shape_fault IS NOT NULL
UNION ALL
SELECT
    record_id,
    'controller_unknown' AS reason_code,
    'controller' AS field,
    strange_holder AS value
FROM in_scope
WHERE strange_holder IS NOT NULL
UNION ALL
SELECT
    record_id,
    'controller_missing' AS reason_code,
    'controller' AS field,
    controller_text AS value
FROM in_scope
WHERE controller IS NULL AND strange_holder IS NULL
UNION ALL
SELECT
    record_id,
    CASE
        WHEN coalesce(valid_from, valid_from_file) IS NULL THEN 'date_missing'
        ELSE 'date_unparsable'
    END AS reason_code,
    'valid_from' AS field,
    coalesce(valid_from, valid_from_file) AS value
FROM in_scope
WHERE snapshot_day IS NULL
UNION ALL
SELECT
    record_id,
    CASE
        WHEN snapshot_day IN (SELECT null_days.day FROM null_days) THEN 'date_null'
        WHEN snapshot_day < $earliest THEN 'date_too_early'
        ELSE 'date_future'
    END AS reason_code,
    'valid_from' AS field,
    coalesce(valid_from, valid_from_file) AS value
FROM in_scope
WHERE snapshot_day < $earliest OR snapshot_day > cast(received_at AS DATE)
ORDER BY record_id, reason_code, field;
