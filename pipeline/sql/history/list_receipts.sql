-- The exports of a source in order of receipt, each with how many keys it states and a fingerprint of what it says.
WITH
receipts AS (
    SELECT
        *,
        row_number() OVER (ORDER BY received_at, file_name, export_id) AS receipt_no
    FROM exports
),

said AS (
    SELECT
        receipt_no,
        count(DISTINCT source_key) AS keys,
        bit_xor(hash(source_key, content)) AS fingerprint
    FROM sayings
    GROUP BY receipt_no
)

SELECT
    receipts.receipt_no,
    receipts.export_id,
    receipts.file_name,
    receipts.received_at,
    receipts.problem_code IS NULL AS is_readable,
    coalesce(receipts.is_fetched, FALSE) AS is_fetched,
    coalesce(said.keys, 0) AS keys,
    coalesce(said.fingerprint, 0) AS fingerprint
FROM receipts
LEFT JOIN said ON receipts.receipt_no = said.receipt_no
ORDER BY receipts.receipt_no;
