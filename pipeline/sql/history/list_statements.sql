-- What each export says of each key, in order of receipt.
SELECT
    receipt_no,
    source_key,
    content
FROM statements
ORDER BY receipt_no, source_key;
