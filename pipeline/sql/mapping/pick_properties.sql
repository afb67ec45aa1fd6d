-- The named properties of every record as a list of texts, in order of receipt (pipeline.history says which that is).
WITH receipts AS (
    SELECT
        *,
        row_number() OVER (ORDER BY received_at, file_name, export_id) AS receipt_no
    FROM exports
)

SELECT
    records.record_id,
    records.export_id,
    receipts.receipt_no,
    receipts.received_at,
    receipts.file_name,
    records.layer,
    records.record_no,
    records.line_no,
    json_extract_string(records.properties, '/_problem') AS problem,
    records.geometry,
    json_extract_string(records.properties, $paths) AS picked
FROM records
INNER JOIN receipts ON records.export_id = receipts.export_id AND records.source = receipts.source
ORDER BY receipts.receipt_no, records.layer, records.record_no;
