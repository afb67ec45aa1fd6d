-- Strikes and the snapshots about their reported windows. A probe is one place on one snapshot: strikes share it.
WITH
asked AS (
    SELECT
        strike_id,
        round(longitude, 6) AS longitude,
        round(latitude, 6) AS latitude,
        reported_from,
        reported_to,
        CASE WHEN stated_holder IS NULL THEN 0 ELSE CAST($days_about AS INTEGER) END AS days_about
    FROM strikes
    WHERE theatre = $theatre AND (reported_from < reported_to OR stated_holder IS NOT NULL)
)

SELECT
    asked.strike_id,
    asked.longitude,
    asked.latitude,
    snapshots.snapshot_day,
    greatest(
        0, date_diff('day', greatest(reported_from, snapshot_day), least(reported_to + 1, in_force_to))
    ) AS reported_days,
    greatest(
        0, date_diff('day', reported_to, snapshot_day), date_diff('day', in_force_to - 1, reported_from)
    ) AS days_off,
    concat_ws(' ', asked.longitude, asked.latitude, snapshots.snapshot_day) AS probe_id
FROM asked
INNER JOIN snapshots
    ON
        snapshots.snapshot_day <= asked.reported_to + asked.days_about
        AND snapshots.in_force_to > asked.reported_from - asked.days_about
ORDER BY asked.strike_id, snapshots.snapshot_day;
