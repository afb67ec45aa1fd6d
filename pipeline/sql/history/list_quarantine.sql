-- Every reason for which a record was refused, with where it stands in its file.
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
    fields.file_name,
    fields.layer,
    fields.record_no,
    fields.line_no,
    all_reasons.reason_code,
    all_reasons.field,
    left(all_reasons.value, 200) AS value,
    hints.hint
FROM all_reasons
INNER JOIN fields ON all_reasons.record_id = fields.record_id
INNER JOIN hints ON all_reasons.reason_code = hints.reason_code
ORDER BY fields.record_id, all_reasons.reason_code, all_reasons.field;
