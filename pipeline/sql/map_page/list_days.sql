-- Locations by day and holder, for the histogram above the time slider.
SELECT
    source,
    date_diff('day', DATE '1970-01-01', day) AS day,
    controller,
    round(strikes, 4) AS strikes
FROM day_rows
WHERE theatre = $theatre
ORDER BY source, day, controller;
