-- What each export says of each key, in order of receipt; of two contents the one of the first record first.
SELECT
    receipt_no,
    source_key,
    content
FROM sayings
ORDER BY receipt_no, source_key, position;
