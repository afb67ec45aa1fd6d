-- All revisions of one strike, with the file that ended each.
SELECT
    revisions.*,
    exports.file_name AS ended_by_file
FROM read_parquet($revisions) AS revisions
LEFT JOIN read_parquet($exports) AS exports
    ON
        revisions.theatre = exports.theatre
        AND revisions.source = exports.source
        AND revisions.ended_by = exports.export_id
WHERE revisions.strike_id = $strike_id
ORDER BY revisions.revision;
