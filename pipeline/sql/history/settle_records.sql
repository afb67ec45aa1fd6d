-- One outcome for each record; see pipeline.history for the rule.
CREATE OR REPLACE TEMP TABLE settled AS
WITH
placed AS (
    SELECT
        told.record_id,
        said.revision,
        revisions.status,
        revisions.is_last,
        row_number() OVER (PARTITION BY told.source_key, said.revision ORDER BY told.position) AS place
    FROM told
    INNER JOIN said ON told.source_key = said.source_key AND told.receipt_no = said.receipt_no
    INNER JOIN revisions ON said.source_key = revisions.source_key AND said.revision = revisions.revision
    WHERE NOT told.is_conflict
)

SELECT
    fields.record_id,
    fields.export_id,
    fields.received_at,
    fields.source_key,
    placed.revision,
    coalesce(placed.place = 1, FALSE) AS is_first,
    coalesce(told.is_conflict, FALSE) AS is_conflict,
    CASE
        WHEN told.record_id IS NULL OR told.is_conflict THEN 'quarantined'
        WHEN placed.record_id IS NULL THEN 'held'
        WHEN NOT placed.is_last THEN 'superseded'
        WHEN placed.place > 1 THEN 'duplicate'
        WHEN placed.status = 'withdrawn' THEN 'withdrawn'
        ELSE 'accepted'
    END AS outcome
FROM fields
LEFT JOIN told ON fields.record_id = told.record_id
LEFT JOIN placed ON fields.record_id = placed.record_id;
