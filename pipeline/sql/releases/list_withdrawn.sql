-- Strikes that a newer complete export lacks, so that their last revision is a tombstone.
SELECT strike_id
FROM read_parquet($revisions)
WHERE is_last AND status = 'withdrawn'
ORDER BY strike_id;
