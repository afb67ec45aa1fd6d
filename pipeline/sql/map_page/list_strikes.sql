-- What the page counts and lists by: one row a reported strike location. Days are counted from 1970-01-01.
SELECT
    s.strike_id,
    coalesce(e.episode_id, s.strike_id) AS episode_id,
    s.source,
    s.month,
    s.place,
    s.province,
    round(s.longitude, 6) AS longitude,
    round(s.latitude, 6) AS latitude,
    date_diff('day', DATE '1970-01-01', s.date_from) AS day_from,
    date_diff('day', DATE '1970-01-01', s.date_to) AS day_to,
    coalesce(a.controller, 'unknown') AS controller,
    coalesce(a.status, 'no_snapshot') AS status,
    coalesce(a.certainty, 'uncertain') AS certainty,
    round(a.focus_share, 4) AS focus_share,
    s.confidence,
    s.precision_m,
    s.is_area,
    s.is_background
FROM strike_rows AS s
LEFT JOIN attribution_rows AS a USING (strike_id)
LEFT JOIN episode_rows AS e USING (strike_id)
WHERE s.theatre = $theatre
ORDER BY s.date_from, s.date_to, s.source, s.strike_id;
