-- What reports state of their own count of locations, beside how many rows there are of them here: the coverage of the
-- published figures, each report once.
WITH
listed AS (
    SELECT
        source,
        unnest(CAST(coverage AS JSON[])) AS report
    FROM headline_rows
    WHERE theatre = $theatre AND filter = 'all' AND unit = 'row'
)

SELECT DISTINCT
    source,
    date_diff('day', DATE '1970-01-01', CAST(report ->> 'period_from' AS DATE)) AS day_from,
    date_diff('day', DATE '1970-01-01', CAST(report ->> 'period_to' AS DATE)) AS day_to,
    report ->> 'stated' AS stated,
    CAST(report ->> 'named' AS INTEGER) AS named,
    report ->> 'report_title' AS title
FROM listed
ORDER BY source, day_from, day_to, title, stated;
