-- What was refused as of the last run, one row a reason, overrides included; null takes any theatre, source or reason.
-- `is_overridden` is true of a record that an override reached and that is refused all the same.
WITH
reached AS (
    SELECT DISTINCT record_id
    FROM overrides
    WHERE state = 'applied'
),

refused AS (
    SELECT
        quarantine.*,
        reached.record_id IS NOT NULL AS is_overridden
    FROM quarantine
    LEFT JOIN reached ON quarantine.record_id = reached.record_id
    UNION ALL BY NAME
    SELECT
        theatre,
        source,
        file_name,
        line_no,
        record AS source_key,
        reason_code,
        field,
        value,
        hint,
        FALSE AS is_overridden
    FROM overrides
    WHERE state = 'refused'
)

SELECT
    theatre,
    source,
    reason_code,
    file_name,
    layer,
    record_no,
    line_no,
    source_key,
    record_id,
    field,
    value,
    hint,
    first_seen,
    last_seen,
    is_overridden
FROM refused
WHERE
    theatre = coalesce($theatre, theatre)
    AND source = coalesce($source, source)
    AND reason_code = coalesce($reason, reason_code)
ORDER BY
    theatre ASC,
    source ASC,
    reason_code ASC,
    last_seen DESC,
    file_name ASC,
    layer ASC,
    record_no ASC,
    line_no ASC,
    field ASC,
    value ASC;
