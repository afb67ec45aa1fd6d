-- Features that were refused, by the day whose map lacks them, and for which reasons. Those of a day that can't be read
-- could be of any day of their export. A day that an export says whole, in the same words, lacks none.
WITH
lost AS (
    SELECT
        typed.record_id,
        typed.export_id,
        typed.snapshot_day,
        string_agg(refused.reason_code, ', ' ORDER BY refused.reason_code) AS reasons
    FROM typed
    INNER JOIN refused ON typed.record_id = refused.record_id
    WHERE typed.out_of_scope IS NULL
    GROUP BY typed.record_id, typed.export_id, typed.snapshot_day
),

spoken AS (
    SELECT
        typed.export_id,
        typed.snapshot_day,
        bool_or(decided.outcome = 'accepted') AS is_speaking
    FROM typed
    INNER JOIN decided ON typed.record_id = decided.record_id
    WHERE decided.outcome IN ('accepted', 'duplicate')
    GROUP BY typed.export_id, typed.snapshot_day
),

lacking AS (
    SELECT
        spoken.*,
        lost.record_id,
        lost.reasons
    FROM spoken
    LEFT JOIN lost
        ON
            spoken.export_id = lost.export_id
            AND spoken.snapshot_day = coalesce(lost.snapshot_day, spoken.snapshot_day)
),

whole AS (
    SELECT DISTINCT snapshot_day
    FROM lacking
    WHERE record_id IS NULL
)

SELECT
    lacking.record_id,
    lacking.snapshot_day,
    lacking.reasons
FROM lacking
ANTI JOIN whole ON lacking.snapshot_day = whole.snapshot_day
WHERE lacking.is_speaking AND lacking.record_id IS NOT NULL
ORDER BY lacking.record_id, lacking.snapshot_day;
