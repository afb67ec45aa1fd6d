-- Of each export, the refused records of which nobody can tell which key they have: what they say, and how often.
SELECT
    fields.receipt_no,
    fields.said,
    count(*) AS records
FROM fields
ANTI JOIN told ON fields.record_id = told.record_id
WHERE fields.out_of_scope IS NULL AND NOT fields.is_identified
GROUP BY fields.receipt_no, fields.said
ORDER BY fields.receipt_no, fields.said;
