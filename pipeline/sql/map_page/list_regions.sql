-- Where the locations lie, by source and window; regions overlap.
SELECT
    source,
    "window",
    region,
    title,
    episodes,
    share
FROM region_rows
WHERE theatre = $theatre AND episodes_all > 0
ORDER BY source, "window", region;
