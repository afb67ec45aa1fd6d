-- The sets of strikes that are measured: source × window × filter, those without a strike included. Months run from
-- a source's first to its last. A filter is a class (all, confidence:CLASS, region:REGION), each also without area-level
-- locations (points_only, …|points_only). certain_only and with_background serve the sensitivity table alone.
CREATE OR REPLACE TEMP TABLE sets AS
WITH
sources AS (
    SELECT
        source,
        min(date_from) FILTER (WHERE NOT is_background) AS first_day,
        max(date_from) FILTER (WHERE NOT is_background) AS last_day
    FROM strikes
    GROUP BY source
),

classes AS (
    SELECT DISTINCT
        source,
        'confidence:' || confidence AS class_name
    FROM strikes
    WHERE NOT is_background
    UNION ALL
    SELECT
        sources.source,
        'region:' || regions.region AS class_name
    FROM sources
    CROSS JOIN regions
),

filters AS (
    SELECT
        source,
        unnest(['all', 'points_only', 'certain_only', 'with_background']) AS filter_name
    FROM sources
    UNION ALL
    SELECT
        source,
        unnest([class_name, class_name || '|points_only']) AS filter_name
    FROM classes
)

SELECT
    row_number() OVER (ORDER BY sources.source, windows.window_name, filters.filter_name) AS set_no,
    sources.source,
    windows.window_name,
    windows.window_from,
    windows.window_to,
    windows.is_named,
    filters.filter_name
FROM sources
INNER JOIN windows
    ON windows.is_named OR (sources.first_day <= windows.window_to AND sources.last_day >= windows.window_from)
INNER JOIN filters ON sources.source = filters.source;
