-- One export against what stood before it, by the exports applied so far ($applied; $previous is the last of them):
-- how many keys stood by the one before, how many of those it lacks, and of how many keys it says otherwise.
WITH
before AS (
    SELECT
        source_key,
        arg_max(content, receipt_no) AS content,
        max(receipt_no) FILTER (WHERE receipt_no = $previous) IS NOT NULL AS is_in_previous
    FROM statements
    WHERE receipt_no IN (SELECT unnest($applied))
    GROUP BY source_key
),

own AS (
    SELECT
        source_key,
        content
    FROM statements
    WHERE receipt_no = $receipt_no
)

SELECT
    count(*) FILTER (WHERE before.is_in_previous) AS standing,
    count(*) FILTER (WHERE before.is_in_previous AND own.source_key IS NULL) AS lacking,
    count(*) FILTER (WHERE own.content <> before.content) AS changed
FROM before
LEFT JOIN own ON before.source_key = own.source_key
WHERE before.content IS NOT NULL;
