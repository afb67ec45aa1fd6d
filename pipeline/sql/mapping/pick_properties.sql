-- The named properties of every record as a list of texts, in order of receipt (pipeline.history says which that is).
-- Here 1.10 is 1.1: a record goes back whole (retold) where a number among them may be written otherwise than it came.
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
    hash(records.properties) AS said,
    json_extract_string(records.properties, $paths) AS picked,
    CASE
        WHEN
            (
                -- A last zero, an exponent, or a small number that could be given one.
                regexp_matches(records.properties, '\.\d+0[,}\]]|\d[eE][-+\d]|0\.0000')
                -- More than 15 digits are those of the double itself (36.142857142857146), or more than it holds.
                OR list_bool_or(
                    list_transform(
                        regexp_extract_all(records.properties, '[\d.]{17,}'),
                        LAMBDA digits: TRY_CAST(TRY_CAST(digits AS DOUBLE) AS VARCHAR) IS DISTINCT FROM digits
                    )
                )
            )
            AND list_has_any(json_type(records.properties, $paths), ['DOUBLE', 'ARRAY', 'OBJECT'])
            THEN records.properties
    END AS retold
FROM records
INNER JOIN receipts ON records.export_id = receipts.export_id AND records.source = receipts.source
ORDER BY receipts.receipt_no, records.layer, records.record_no;
