-- Every reason for which a record was refused, with where it stands in its file, and since when and until when records
-- of its key are refused for it; what is malformed, or has no key, is known by what it says word for word. A code that the
-- catalogue lacks has no hint, and is refused by the table's layout.
WITH all_reasons AS (
    SELECT
        record_id,
        reason_code,
        field,
        value
    FROM refused
    UNION ALL
    SELECT
        settled.record_id,
        'record_key_conflict' AS reason_code,
        'source_key' AS field,
        fields.source_key AS value
    FROM settled
    INNER JOIN fields ON settled.record_id = fields.record_id
    WHERE settled.is_conflict
)

SELECT DISTINCT
    $theatre AS theatre,
    $source AS source,
    fields.export_id,
    fields.record_id,
    fields.source_key,
    fields.file_name,
    fields.layer,
    fields.record_no,
    fields.line_no,
    all_reasons.reason_code,
    all_reasons.field,
    left(all_reasons.value, 200) AS value,
    hints.hint,
    min(fields.received_at) OVER alike AS first_seen,
    max(fields.received_at) OVER alike AS last_seen
FROM all_reasons
INNER JOIN fields ON all_reasons.record_id = fields.record_id
LEFT JOIN hints ON all_reasons.reason_code = hints.reason_code
WINDOW
    alike AS (
        PARTITION BY
            fields.source_key,
            CASE WHEN fields.problem IS NOT NULL OR trim(fields.source_key, ' |') = '' THEN fields.said END,
            all_reasons.reason_code,
            all_reasons.field
    )
ORDER BY fields.record_id, all_reasons.reason_code, all_reasons.field;
