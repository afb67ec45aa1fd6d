-- The revisions of each key: spans of receipts over which the applied exports say the same of it. A complete export
-- that lacks a key ends its revision (`withdrawn_at`); where the key comes back, a new revision begins.
CREATE OR REPLACE TEMP TABLE said AS
WITH
applied AS (
    SELECT
        statements.*,
        receipts.next_complete
    FROM statements
    INNER JOIN receipts ON statements.receipt_no = receipts.receipt_no
    WHERE receipts.state = 'applied'
),

ended AS (
    SELECT
        *,
        CASE
            WHEN next_complete < coalesce(lead(receipt_no) OVER in_order, next_complete + 1) THEN next_complete
        END AS withdrawn_at
    FROM applied
    WINDOW in_order AS (PARTITION BY source_key ORDER BY receipt_no)
),

lapsed AS (
    SELECT
        * EXCLUDE (withdrawn_at),
        count(withdrawn_at) OVER (
            PARTITION BY source_key ORDER BY receipt_no ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS lapses,
        min(withdrawn_at) OVER (
            PARTITION BY source_key ORDER BY receipt_no ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        ) AS withdrawn_at
    FROM ended
),

begun AS (
    SELECT
        *,
        coalesce(
            content <> lag(content) OVER in_order OR lapses <> lag(lapses) OVER in_order, TRUE
        ) AS is_first
    FROM lapsed
    WHERE content IS NOT NULL
    WINDOW in_order AS (PARTITION BY source_key ORDER BY receipt_no)
)

SELECT
    source_key,
    receipt_no,
    content,
    withdrawn_at,
    count(*) FILTER (WHERE is_first) OVER (PARTITION BY source_key ORDER BY receipt_no) AS revision
FROM begun;

CREATE OR REPLACE TEMP TABLE revisions AS
WITH
spans AS (
    SELECT
        source_key,
        revision,
        any_value(content) AS content,
        min(receipt_no) AS first_receipt,
        max(receipt_no) AS last_receipt,
        arg_max(withdrawn_at, receipt_no) AS withdrawn_at
    FROM said
    GROUP BY source_key, revision
),

followed AS (
    SELECT
        *,
        lead(first_receipt) OVER (PARTITION BY source_key ORDER BY revision) AS next_receipt,
        first_value(revision) OVER (PARTITION BY source_key, content ORDER BY revision) AS first_alike
    FROM spans
)

SELECT
    source_key,
    revision,
    first_receipt,
    last_receipt,
    CASE
        WHEN withdrawn_at < coalesce(next_receipt, withdrawn_at + 1) THEN 'withdrawn'
        WHEN next_receipt IS NULL THEN 'current'
        ELSE 'superseded'
    END AS status,
    least(withdrawn_at, next_receipt) AS ended_receipt,
    next_receipt IS NULL AS is_last,
    CASE WHEN first_alike < revision THEN first_alike END AS repeats
FROM followed;
