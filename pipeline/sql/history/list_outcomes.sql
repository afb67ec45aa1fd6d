SELECT
    record_id,
    $theatre AS theatre,
    $source AS source,
    export_id,
    outcome,
    CASE WHEN outcome <> 'quarantined' THEN source_key END AS target_id
FROM settled
ORDER BY record_id;
