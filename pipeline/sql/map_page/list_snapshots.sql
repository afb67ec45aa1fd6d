-- Days on which the control map changed or was confirmed, with the day from which each no longer holds.
SELECT
    date_diff('day', DATE '1970-01-01', snapshot_day) AS day,
    date_diff('day', DATE '1970-01-01', in_force_to) AS until
FROM snapshot_rows
WHERE theatre = $theatre AND source = $control_source
ORDER BY day;
