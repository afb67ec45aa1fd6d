-- What the page counts and lists by: one row a reported strike location. Days are counted from 1970-01-01. Strikes of
-- one answer (same shares of the disc) share its number, as few answers are given many times over.
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
    n.answer,
    s.confidence,
    s.precision_m,
    s.is_area,
    s.is_background
FROM strike_rows AS s
INNER JOIN attribution_rows AS a ON s.strike_id = a.strike_id
INNER JOIN answer_rows AS n
    ON
        a.focus_share = n.focus
        AND a.other_share = n.other
        AND a.unknown_share = n.unknown
        AND a.focus_at_point = n.point
        AND a.shares = n.shares
LEFT JOIN episode_rows AS e ON s.strike_id = e.strike_id
WHERE s.theatre = $theatre
ORDER BY s.date_from, s.date_to, s.source, s.strike_id;
