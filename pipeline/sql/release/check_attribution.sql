-- Every strike has exactly one attribution, and no attribution lacks its strike.
WITH strikes AS (
    SELECT
        strike_id,
        count(*) AS strikes
    FROM core.strikes
    GROUP BY strike_id
),

attributed AS (
    SELECT
        strike_id,
        count(*) AS attributions
    FROM core.attribution
    GROUP BY strike_id
)

SELECT
    format(
        'strike {} stands {} times in core.strikes and {} times in core.attribution; it must be once in each',
        coalesce(strikes.strike_id, attributed.strike_id),
        coalesce(strikes.strikes, 0),
        coalesce(attributed.attributions, 0)
    ) AS failure
FROM strikes
FULL JOIN attributed ON strikes.strike_id = attributed.strike_id
WHERE strikes.strikes IS DISTINCT FROM 1 OR attributed.attributions IS DISTINCT FROM 1
ORDER BY failure
