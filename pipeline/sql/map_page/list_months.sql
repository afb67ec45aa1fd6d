-- Months for which there is a figure, with their first and last day.
SELECT DISTINCT
    "window",
    date_diff('day', DATE '1970-01-01', window_from) AS day_from,
    date_diff('day', DATE '1970-01-01', window_to) AS day_to
FROM headline_rows
WHERE theatre = $theatre AND filter = 'all' AND unit = 'row' AND n > 0 AND "window" SIMILAR TO '\d{4}-\d{2}'
ORDER BY "window";
