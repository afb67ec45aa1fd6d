-- The records that tell of each key, with the revision of it that they tell.
SELECT
    source_key,
    revision,
    record_id,
    export_id,
    received_at,
    outcome
FROM settled
WHERE revision IS NOT NULL
ORDER BY record_id;
