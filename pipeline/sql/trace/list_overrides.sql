-- What people corrected in the records that tell of one strike, in order of receipt.
SELECT
    overrides.*,
    receipts.file_name AS export_name
FROM read_parquet($overrides) AS overrides
INNER JOIN read_parquet($sightings) AS sightings
    ON
        overrides.theatre = sightings.theatre
        AND overrides.source = sightings.source
        AND overrides.record_id = sightings.record_id
INNER JOIN read_parquet($receipts) AS receipts
    ON
        overrides.theatre = receipts.theatre
        AND overrides.source = receipts.source
        AND overrides.export_id = receipts.export_id
WHERE sightings.strike_id = $strike_id AND overrides.state = 'applied'
ORDER BY receipts.receipt_no, overrides.record_id, overrides.field;
