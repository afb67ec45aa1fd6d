-- What reports state of their own count of locations, beside how many rows there are of them here.
WITH sources AS (
    SELECT DISTINCT strikes.source
    FROM strikes
    INNER JOIN reports ON strikes.report_url = reports.report_url
)

SELECT
    sources.source,
    windows.window_name AS "window",
    reports.report_title,
    reports.period_from,
    reports.period_to,
    reports.locations_stated AS stated,
    count(strikes.strike_id) AS named
FROM reports
INNER JOIN windows ON reports.period_from BETWEEN windows.window_from AND windows.window_to
CROSS JOIN sources
LEFT JOIN strikes ON reports.report_url = strikes.report_url AND sources.source = strikes.source
WHERE reports.locations_stated IS NOT NULL
GROUP BY sources.source, "window", reports.report_title, reports.period_from, reports.period_to, stated
ORDER BY
    sources.source, "window", reports.period_from, reports.period_to, reports.report_title, stated;
