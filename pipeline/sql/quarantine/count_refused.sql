-- How many rows each reason refused, and how many things of that are open: each once, whatever number of exports say it;
-- not what a later export has put right, what an export says that is held back, or what is no fault, which comes last.
-- A file refused as a whole has no record, and an override has none either: each counts as one row.
WITH named AS (
    SELECT
        *,
        coalesce(export_id, file_name) AS file,
        coalesce(record_id, concat_ws(':', coalesce(export_id, file_name), line_no)) AS refused_row,
        -- What is malformed, or has nothing in its key, is known by its place alone.
        reason_code NOT IN ('key_missing', 'record_malformed') AND trim(source_key, ' |') <> '' AS is_known
    FROM refused
)

SELECT
    theatre,
    source,
    reason_code,
    count(DISTINCT CASE WHEN is_known THEN source_key ELSE refused_row END)
    FILTER (WHERE NOT (is_corrected OR is_held OR reason_code = 'record_out_of_scope')) AS open_rows,
    count(DISTINCT refused_row) AS refused_rows,
    count(DISTINCT file) AS files,
    min(first_seen) AS first_seen,
    max(last_seen) AS last_seen
FROM named
GROUP BY theatre, source, reason_code
ORDER BY
    reason_code = 'record_out_of_scope' ASC,
    theatre ASC,
    source ASC,
    open_rows DESC,
    refused_rows DESC,
    reason_code ASC;
