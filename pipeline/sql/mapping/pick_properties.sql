-- The named properties of every record as a list of texts, in order of receipt.
SELECT
    records.record_id,
    records.export_id,
    exports.received_at,
    exports.file_name,
    records.layer,
    records.record_no,
    records.line_no,
    json_extract_string(records.properties, '/_problem') AS problem,
    records.geometry,
    json_extract_string(records.properties, $paths) AS picked
FROM records
INNER JOIN exports ON records.export_id = exports.export_id AND records.source = exports.source
ORDER BY exports.received_at, records.export_id, records.layer, records.record_no;
