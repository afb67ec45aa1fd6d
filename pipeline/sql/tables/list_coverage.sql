-- What reports state of their own count of locations, beside how many of them are named here. The two can be compared
-- where the statement is a bare number, or one of a class of confidence ("8 high confidence"); another speaks of a part
-- of the report in words of its own, and is only quoted. A location is a coordinate with its sub-location, as in
-- find_episodes; background is not of the report.
WITH
sources AS (
    SELECT DISTINCT strikes.source
    FROM strikes
    INNER JOIN reports ON strikes.report_url = reports.report_url
),

stated AS (
    SELECT
        report_url,
        report_title,
        period_from,
        period_to,
        locations_stated,
        regexp_matches(locations_stated, '^\d+( \w+ confidence)?$') AS is_whole,
        regexp_extract(locations_stated, '^\d+ (\w+) confidence$', 1) AS confidence
    FROM reports
    WHERE locations_stated IS NOT NULL
),

named AS (
    SELECT
        source,
        report_url,
        confidence,
        (
            round(latitude, 6), round(longitude, 6), regexp_extract(lower(coalesce(note, '')), 'location \d+')
        ) AS location
    FROM strikes
    WHERE NOT is_background
)

SELECT
    sources.source,
    windows.window_name AS "window",
    stated.report_title,
    stated.period_from,
    stated.period_to,
    stated.locations_stated AS stated,
    CASE WHEN stated.is_whole THEN count(DISTINCT named.location) END AS named
FROM stated
INNER JOIN windows ON stated.period_from BETWEEN windows.window_from AND windows.window_to
CROSS JOIN sources
LEFT JOIN named
    ON
        stated.report_url = named.report_url
        AND sources.source = named.source
        AND (stated.confidence = '' OR stated.confidence = named.confidence)
GROUP BY
    sources.source,
    "window",
    stated.report_title,
    stated.period_from,
    stated.period_to,
    stated.locations_stated,
    stated.is_whole
ORDER BY
    sources.source, "window", stated.period_from, stated.period_to, stated.report_title, stated.locations_stated;
