-- Which export speaks for each day; see pipeline.control.polygons for the rule. `outcomes` says which records are
-- quarantined; all others are decided here. An accepted record belongs to itself, a duplicate to the record it repeats.
WITH
-- A feature whose day is not known could be of any. What a person let in counts as it is.
refused AS (
    SELECT
        typed.snapshot_day,
        typed.export_id
    FROM typed
    INNER JOIN outcomes ON typed.record_id = outcomes.record_id
    WHERE outcomes.outcome = 'quarantined' AND typed.out_of_scope IS NULL
),

usable AS (
    SELECT
        typed.record_id,
        typed.snapshot_day,
        typed.content_digest,
        typed.export_id,
        typed.receipt_no,
        row_number() OVER (
            PARTITION BY typed.export_id, typed.snapshot_day, typed.content_digest
            ORDER BY typed.layer, typed.record_no
        ) AS repeat
    FROM typed
    INNER JOIN outcomes ON typed.record_id = outcomes.record_id
    WHERE outcomes.outcome <> 'quarantined'
),

statements AS (
    SELECT
        snapshot_day,
        export_id,
        receipt_no,
        string_agg(content_digest, ' ' ORDER BY content_digest) AS content,
        row_number() OVER (PARTITION BY snapshot_day ORDER BY receipt_no) AS position,
        list_contains($accepted, export_id) OR NOT EXISTS (
            FROM refused
            WHERE
                refused.export_id = usable.export_id
                AND coalesce(refused.snapshot_day = usable.snapshot_day, TRUE)
        ) AS is_whole
    FROM usable
    WHERE repeat = 1
    GROUP BY snapshot_day, export_id, receipt_no
),

winning AS (
    SELECT
        snapshot_day,
        last(content ORDER BY is_whole, position) AS content,
        last(position ORDER BY is_whole, position) AS position
    FROM statements
    GROUP BY snapshot_day
),

speaking AS (
    SELECT
        statements.snapshot_day,
        min(statements.position) AS position
    FROM statements
    INNER JOIN winning
        ON statements.snapshot_day = winning.snapshot_day AND statements.content = winning.content
    GROUP BY statements.snapshot_day
),

accepted AS (
    SELECT
        usable.record_id,
        usable.snapshot_day,
        usable.content_digest
    FROM usable
    INNER JOIN statements
        ON usable.snapshot_day = statements.snapshot_day AND usable.export_id = statements.export_id
    INNER JOIN speaking
        ON statements.snapshot_day = speaking.snapshot_day AND statements.position = speaking.position
    WHERE usable.repeat = 1
),

decided AS (
    SELECT
        usable.record_id,
        CASE
            WHEN accepted.record_id = usable.record_id THEN 'accepted'
            WHEN statements.content = winning.content THEN 'duplicate'
            WHEN statements.position > winning.position THEN 'held'
            ELSE 'superseded'
        END AS outcome,
        CASE WHEN statements.content = winning.content THEN accepted.record_id END AS target_id
    FROM usable
    INNER JOIN statements
        ON usable.snapshot_day = statements.snapshot_day AND usable.export_id = statements.export_id
    INNER JOIN winning ON usable.snapshot_day = winning.snapshot_day
    LEFT JOIN accepted
        ON usable.snapshot_day = accepted.snapshot_day AND usable.content_digest = accepted.content_digest
)

SELECT
    outcomes.record_id,
    outcomes.theatre,
    outcomes.source,
    outcomes.export_id,
    coalesce(decided.outcome, outcomes.outcome) AS outcome,
    decided.target_id
FROM outcomes
LEFT JOIN decided ON outcomes.record_id = decided.record_id
ORDER BY outcomes.record_id;
