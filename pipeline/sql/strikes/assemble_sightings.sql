-- Every record that tells of a strike as a row of core.sightings.
SELECT
    named_revisions.strike_id,
    $theatre AS theatre,
    $source AS source,
    told.record_id,
    told.export_id,
    told.received_at,
    told.revision,
    told.outcome
FROM told
INNER JOIN named_revisions
    ON told.source_key = named_revisions.source_key AND told.revision = named_revisions.revision
ORDER BY told.record_id;
