-- Rows of marts.claims_vs_control: strikes whose target someone has named, by who held the centre.
SELECT
    $theatre AS theatre,
    strikes.source,
    windows.window_name AS "window",
    strikes.claimed_controller,
    attribution.controller,
    strikes.is_area,
    count(*) AS strikes
FROM strikes
INNER JOIN attribution ON strikes.strike_id = attribution.strike_id
INNER JOIN windows ON strikes.date_from BETWEEN windows.window_from AND windows.window_to
WHERE strikes.claimed_controller IS NOT NULL AND NOT strikes.is_background
GROUP BY strikes.source, "window", strikes.claimed_controller, attribution.controller, strikes.is_area
ORDER BY strikes.source, "window", strikes.claimed_controller, attribution.controller, strikes.is_area;
