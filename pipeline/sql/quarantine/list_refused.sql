-- What was refused as of the last run, one row a reason, overrides included; null takes any theatre, source or reason.
-- `is_overridden` is true of a record that an override reached and that is refused all the same, `is_corrected` of one
-- whose key a later export says so that it can be used, `is_held` of one whose export is held back.
WITH
reached AS (
    SELECT DISTINCT
        theatre,
        source,
        record_id
    FROM overrides
    WHERE state = 'applied'
),

usable AS (
    SELECT
        outcomes.theatre,
        outcomes.source,
        outcomes.target_id AS source_key,
        max(receipts.receipt_no) AS receipt_no
    FROM outcomes
    INNER JOIN receipts
        ON
            outcomes.theatre = receipts.theatre
            AND outcomes.source = receipts.source
            AND outcomes.export_id = receipts.export_id
    WHERE outcomes.outcome NOT IN ('quarantined', 'held')
    GROUP BY outcomes.theatre, outcomes.source, outcomes.target_id
),

refused AS (
    SELECT
        quarantine.*,
        receipts.receipt_no,
        reached.record_id IS NOT NULL AS is_overridden,
        coalesce(usable.receipt_no > receipts.receipt_no, FALSE) AS is_corrected,
        coalesce(receipts.state = 'held', FALSE) AS is_held
    FROM quarantine
    LEFT JOIN reached
        ON
            quarantine.theatre = reached.theatre
            AND quarantine.source = reached.source
            AND quarantine.record_id = reached.record_id
    LEFT JOIN receipts
        ON
            quarantine.theatre = receipts.theatre
            AND quarantine.source = receipts.source
            AND quarantine.export_id = receipts.export_id
    LEFT JOIN usable
        ON
            quarantine.theatre = usable.theatre
            AND quarantine.source = usable.source
            AND quarantine.source_key = usable.source_key
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
        FALSE AS is_overridden,
        FALSE AS is_corrected,
        FALSE AS is_held
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
    export_id,
    is_overridden,
    is_corrected,
    is_held
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
    receipt_no DESC,
    file_name ASC,
    layer ASC,
    record_no ASC,
    line_no ASC,
    field ASC,
    value ASC;
