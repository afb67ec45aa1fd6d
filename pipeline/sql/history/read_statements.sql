-- What each record says (`told`), and what each export says of each key (`sayings`): one row for each of its contents,
-- as two records of one key may differ. A key whose records were all refused is there, and says nothing.
CREATE OR REPLACE TEMP TABLE told AS
WITH
refused_records AS (
    SELECT DISTINCT record_id FROM refused
)

SELECT
    fields.record_id,
    fields.source_key,
    fields.content_digest,
    fields.receipt_no,
    row_number() OVER (ORDER BY fields.receipt_no, fields.layer, fields.record_no) AS position
FROM fields
ANTI JOIN refused_records ON fields.record_id = refused_records.record_id;

CREATE OR REPLACE TEMP TABLE sayings AS
WITH
stated AS (
    SELECT
        receipt_no,
        source_key,
        content_digest AS content,
        min(position) AS position
    FROM told
    GROUP BY receipt_no, source_key, content_digest
),

keys AS (
    SELECT DISTINCT
        receipt_no,
        source_key
    FROM fields
    WHERE out_of_scope IS NULL
)

SELECT
    keys.receipt_no,
    keys.source_key,
    stated.content,
    stated.position
FROM keys
LEFT JOIN stated ON keys.receipt_no = stated.receipt_no AND keys.source_key = stated.source_key;
