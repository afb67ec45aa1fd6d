-- Shares of one whole sum to one.
SELECT format('strike {}: i + k + u = {}', strike_id, focus_share + other_share + unknown_share) AS failure
FROM core.attribution
WHERE abs(focus_share + other_share + unknown_share - 1) > 1e-6
UNION ALL
SELECT format('strike {}: its shares {} do not sum to 1', strike_id, shares) AS failure
FROM core.attribution
WHERE abs(list_sum(map_values(json_transform(shares, '"MAP(VARCHAR, DOUBLE)"'))) - 1) > 1e-4
UNION ALL
SELECT
    format(
        'headline of {}/{}, window {}, filter {}, unit {}: the split sums to {}',
        theatre, source, "window", filter, unit, sum(expected_share)
    ) AS failure
FROM marts.headline_split
GROUP BY theatre, source, "window", filter, unit
HAVING abs(sum(expected_share) - 1) > 1e-4
ORDER BY failure
