-- What each record says (`told`), and what each export says of each key (`statements`). Two contents of one key in one
-- export are a conflict: the one said first stands, by the earliest export, there by the first record; so that the same
-- rows in another order say the same. A key whose records were all refused is there, and says nothing.
CREATE OR REPLACE TEMP TABLE told AS
WITH
refused_records AS (
    SELECT DISTINCT record_id FROM refused
),

usable AS (
    SELECT
        fields.record_id,
        fields.source_key,
        fields.content_digest,
        fields.receipt_no,
        row_number() OVER (ORDER BY fields.receipt_no, fields.layer, fields.record_no) AS position
    FROM fields
    ANTI JOIN refused_records ON fields.record_id = refused_records.record_id
),

dated AS (
    SELECT
        *,
        min(position) OVER (PARTITION BY source_key, content_digest) AS first_said
    FROM usable
)

SELECT
    *,
    first_said <> min(first_said) OVER (PARTITION BY source_key, receipt_no) AS is_conflict
FROM dated;

CREATE OR REPLACE TEMP TABLE statements AS
SELECT
    fields.source_key,
    fields.receipt_no,
    arg_min(told.content_digest, told.first_said) AS content
FROM fields
LEFT JOIN told ON fields.record_id = told.record_id
WHERE fields.out_of_scope IS NULL
GROUP BY fields.source_key, fields.receipt_no;
