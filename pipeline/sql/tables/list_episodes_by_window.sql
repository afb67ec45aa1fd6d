-- Episodes of each source and named window with what robustness needs: place, mean share and whether any strike of it
-- is uncertain.
SELECT
    strikes.source,
    windows.window_name AS "window",
    episodes.episode_id,
    min(concat_ws(' ', strikes.latitude, strikes.longitude)) AS place,
    round(avg(1 - attribution.focus_share), 12) AS not_focus,
    bool_or(attribution.certainty = 'uncertain') AS is_uncertain
FROM strikes
INNER JOIN attribution ON strikes.strike_id = attribution.strike_id
INNER JOIN episodes ON strikes.strike_id = episodes.strike_id
INNER JOIN windows ON strikes.date_from BETWEEN windows.window_from AND windows.window_to
WHERE NOT strikes.is_background
GROUP BY strikes.source, "window", episodes.episode_id
ORDER BY strikes.source, "window", episodes.episode_id;
