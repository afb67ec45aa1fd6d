-- Features that were refused, of exports that speak for their day: the map of that day lacks them, and for which reasons.
WITH speaking AS (
    SELECT DISTINCT
        typed.export_id,
        typed.snapshot_day
    FROM typed
    INNER JOIN decided ON typed.record_id = decided.record_id
    WHERE decided.outcome = 'accepted'
)

SELECT
    typed.record_id,
    string_agg(refused.reason_code, ', ' ORDER BY refused.reason_code) AS reasons
FROM typed
INNER JOIN refused ON typed.record_id = refused.record_id
SEMI JOIN speaking ON typed.export_id = speaking.export_id AND typed.snapshot_day = speaking.snapshot_day
WHERE typed.out_of_scope IS NULL
GROUP BY typed.record_id
ORDER BY typed.record_id;
