-- The revisions with the record that each is made from, when it was known, and what ended it.
WITH told_by AS (
    SELECT
        source_key,
        revision,
        count(*) AS sightings,
        arg_min(record_id, record_id) FILTER (WHERE is_first) AS record_id,
        arg_min(export_id, record_id) FILTER (WHERE is_first) AS export_id
    FROM settled
    WHERE revision IS NOT NULL
    GROUP BY source_key, revision
)

SELECT
    revisions.source_key,
    revisions.revision,
    revisions.status,
    revisions.repeats,
    revisions.is_last,
    told_by.record_id,
    told_by.export_id,
    told_by.sightings,
    began.received_at AS known_from,
    ended.received_at AS known_to,
    ended.export_id AS ended_by,
    latest.received_at AS last_seen
FROM revisions
INNER JOIN told_by ON revisions.source_key = told_by.source_key AND revisions.revision = told_by.revision
INNER JOIN receipts AS began ON revisions.first_receipt = began.receipt_no
INNER JOIN receipts AS latest ON revisions.last_receipt = latest.receipt_no
LEFT JOIN receipts AS ended ON revisions.ended_receipt = ended.receipt_no
ORDER BY revisions.source_key, revisions.revision;
