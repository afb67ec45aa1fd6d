-- Rows of marts.strikes_by_region, from the counts that the headline has for each region and for all.
SELECT
    $theatre AS theatre,
    inside.source,
    inside."window",
    regions.region,
    regions.title,
    inside.rows,
    inside.episodes,
    everywhere.episodes AS episodes_all,
    CASE WHEN everywhere.episodes >= $fewest THEN inside.episodes / everywhere.episodes END AS share
FROM headline AS inside
INNER JOIN regions ON inside.filter = 'region:' || regions.region
INNER JOIN headline AS everywhere
    ON
        inside.source = everywhere.source
        AND inside."window" = everywhere."window"
        AND inside.unit = everywhere.unit
WHERE inside.unit = 'episode' AND everywhere.filter = 'all'
ORDER BY inside.source, inside."window", regions.region;
