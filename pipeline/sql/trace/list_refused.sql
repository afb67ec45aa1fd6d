-- Why the record of an id, or the records of a key, were refused, with each as received, in order of receipt.
SELECT
    quarantine.theatre,
    quarantine.source,
    quarantine.record_id,
    quarantine.reason_code,
    quarantine.field,
    quarantine.value,
    quarantine.hint,
    receipts.received_at,
    exports.sha256,
    exports.file_name,
    records.layer,
    records.record_no,
    records.line_no,
    records.properties
FROM read_parquet($quarantine) AS quarantine
INNER JOIN read_parquet($records) AS records
    ON
        quarantine.theatre = records.theatre
        AND quarantine.source = records.source
        AND quarantine.record_id = records.record_id
INNER JOIN read_parquet($exports) AS exports
    ON
        records.theatre = exports.theatre
        AND records.source = exports.source
        AND records.export_id = exports.export_id
INNER JOIN read_parquet($receipts) AS receipts
    ON
        records.theatre = receipts.theatre
        AND records.source = receipts.source
        AND records.export_id = receipts.export_id
WHERE $strike_id IN (quarantine.record_id, quarantine.source_key)
ORDER BY
    quarantine.theatre ASC,
    quarantine.source ASC,
    receipts.receipt_no ASC,
    records.layer ASC,
    records.record_no ASC,
    quarantine.reason_code ASC,
    quarantine.field ASC;
