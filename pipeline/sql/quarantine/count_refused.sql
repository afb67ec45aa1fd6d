-- How many rows each reason refused, the most frequent reason of each source first; what is no fault comes last.
-- A file refused as a whole has no record, and an override has none either: each counts as one row.
SELECT
    theatre,
    source,
    reason_code,
    count(DISTINCT coalesce(record_id, concat_ws(':', file_name, line_no))) AS refused_rows,
    count(DISTINCT file_name) AS files,
    min(first_seen) AS first_seen,
    max(last_seen) AS last_seen
FROM refused
GROUP BY theatre, source, reason_code
ORDER BY
    reason_code = 'record_out_of_scope' ASC,
    theatre ASC,
    source ASC,
    refused_rows DESC,
    reason_code ASC;
