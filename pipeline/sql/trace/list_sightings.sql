-- Every record that tells of one strike, as received, in order of receipt; and what an export that is held back says.
WITH outcomes AS (
    SELECT
        theatre,
        source,
        record_id,
        revision,
        outcome
    FROM read_parquet($sightings)
    WHERE strike_id = $strike_id
    UNION ALL
    SELECT
        theatre,
        source,
        record_id,
        NULL AS revision,
        outcome
    FROM read_parquet($outcomes)
    WHERE outcome = 'held' AND theatre = $theatre AND source = $source AND target_id = $source_key
)

SELECT
    outcomes.revision,
    outcomes.outcome,
    receipts.received_at,
    exports.sha256,
    exports.file_name,
    records.layer,
    records.record_no,
    records.line_no,
    records.properties
FROM outcomes
INNER JOIN read_parquet($records) AS records
    ON
        outcomes.theatre = records.theatre
        AND outcomes.source = records.source
        AND outcomes.record_id = records.record_id
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
ORDER BY receipts.receipt_no, records.layer, records.record_no;
