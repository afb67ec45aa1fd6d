-- The mean shares of the points of each strike; its centre is as it was.
SELECT
    probes.of_strike AS strike_id,
    CAST(avg(CAST(found.focus_share AS DECIMAL(18, 12))) AS DOUBLE) AS focus_share,
    CAST(avg(CAST(found.other_share AS DECIMAL(18, 12))) AS DOUBLE) AS other_share,
    CAST(avg(CAST(found.unknown_share AS DECIMAL(18, 12))) AS DOUBLE) AS unknown_share,
    any_value(own.focus_at_point) AS focus_at_point
FROM probes
INNER JOIN found ON probes.strike_id = found.strike_id
INNER JOIN own ON probes.of_strike = own.strike_id
GROUP BY probes.of_strike
ORDER BY probes.of_strike;
