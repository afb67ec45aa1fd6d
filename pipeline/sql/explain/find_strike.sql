-- One strike with its explanation, its raw record, and what people corrected in it, out of a release's files.
WITH corrections AS (
    SELECT
        theatre,
        source,
        record_id,
        list(
            struct_pack(
                field := field,
                value_before := value_before,
                value_after := value_after,
                who := who,
                why := why,
                given_when := given_when,
                file_name := file_name,
                line_no := line_no
            ) ORDER BY field
        ) AS overrides
    FROM read_parquet($overrides)
    WHERE state = 'applied'
    GROUP BY theatre, source, record_id
)

SELECT
    explanations.*,
    strikes.report_url,
    strikes.report_title,
    records.layer,
    records.record_no,
    records.line_no,
    records.properties,
    exports.file_name,
    exports.sha256,
    corrections.overrides
FROM read_parquet($explanations) AS explanations
INNER JOIN read_parquet($strikes) AS strikes ON explanations.strike_id = strikes.strike_id
INNER JOIN read_parquet($records) AS records
    ON
        strikes.theatre = records.theatre
        AND strikes.source = records.source
        AND strikes.record_id = records.record_id
INNER JOIN read_parquet($exports) AS exports
    ON
        strikes.theatre = exports.theatre
        AND strikes.source = exports.source
        AND strikes.export_id = exports.export_id
LEFT JOIN corrections
    ON
        strikes.record_id = corrections.record_id
        AND strikes.source = corrections.source
        AND strikes.theatre = corrections.theatre
WHERE starts_with(explanations.strike_id, $strike_id)
ORDER BY explanations.strike_id;
