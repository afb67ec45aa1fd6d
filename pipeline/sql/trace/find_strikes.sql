-- The strikes that an id or its beginning could mean, withdrawn ones included, each with its last revision.
SELECT *
FROM read_parquet($revisions)
WHERE is_last AND starts_with(strike_id, $strike_id)
ORDER BY strike_id
LIMIT 6;
