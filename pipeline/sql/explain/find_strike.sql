-- One strike with its explanation and its raw record, out of a release's files.
SELECT
    explanations.*,
    strikes.report_url,
    strikes.report_title,
    records.layer,
    records.record_no,
    records.line_no,
    records.properties,
    exports.file_name,
    exports.sha256
FROM read_parquet($explanations) AS explanations
INNER JOIN read_parquet($strikes) AS strikes ON explanations.strike_id = strikes.strike_id
INNER JOIN read_parquet($records) AS records ON strikes.record_id = records.record_id AND strikes.source = records.source
INNER JOIN read_parquet($exports) AS exports
    ON strikes.export_id = exports.export_id AND strikes.source = exports.source
WHERE starts_with(explanations.strike_id, $strike_id)
ORDER BY explanations.strike_id;
