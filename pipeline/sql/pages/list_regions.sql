-- Where the locations of the main source and window lie.
SELECT
    region,
    title,
    episodes,
    episodes_all,
    share
FROM regions
WHERE theatre = $theatre AND source = $source AND "window" = $window_name
ORDER BY region;
