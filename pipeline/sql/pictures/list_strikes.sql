-- The strikes that a headline counts, one an episode: its first, with who held the ground at its centre.
SELECT
    strikes.date_from,
    strikes.longitude,
    strikes.latitude,
    strikes.precision_m,
    strikes.is_area,
    attribution.controller,
    attribution.certainty = 'uncertain' AS is_uncertain
FROM strikes
INNER JOIN attribution ON strikes.strike_id = attribution.strike_id
INNER JOIN episodes ON strikes.strike_id = episodes.strike_id
WHERE
    strikes.theatre = $theatre
    AND strikes.source = $source
    AND NOT strikes.is_background
    AND strikes.date_from BETWEEN $window_from AND $window_to
QUALIFY row_number() OVER (PARTITION BY episodes.episode_id ORDER BY strikes.date_from, strikes.strike_id) = 1
ORDER BY strikes.date_from, strikes.strike_id
