-- Strikes of other sources that could be the same event as one strike, the most alike first.
WITH both_ways AS (
    SELECT
        strike_a AS strike_id,
        source_b AS other_source,
        strike_b AS other_id,
        distance_m,
        days_apart,
        score
    FROM read_parquet($links)
    UNION ALL
    SELECT
        strike_b AS strike_id,
        source_a AS other_source,
        strike_a AS other_id,
        distance_m,
        days_apart,
        score
    FROM read_parquet($links)
)

SELECT
    both_ways.*,
    strikes.place,
    strikes.date_from,
    strikes.date_to
FROM both_ways
INNER JOIN read_parquet($strikes) AS strikes ON both_ways.other_id = strikes.strike_id
WHERE both_ways.strike_id = $strike_id
ORDER BY both_ways.score DESC, both_ways.distance_m ASC, both_ways.other_id ASC;
