-- What each export says of each key (`statements`), once it is chosen which of two contents counts; records of the other
-- are conflicts.
CREATE OR REPLACE TEMP TABLE statements AS
SELECT sayings.*
FROM sayings
LEFT JOIN choices ON sayings.receipt_no = choices.receipt_no AND sayings.source_key = choices.source_key
WHERE choices.content IS NULL OR sayings.content = choices.content;

CREATE OR REPLACE TEMP TABLE told AS
SELECT
    told.*,
    coalesce(told.content_digest <> choices.content, FALSE) AS is_conflict
FROM told
LEFT JOIN choices ON told.receipt_no = choices.receipt_no AND told.source_key = choices.source_key;
