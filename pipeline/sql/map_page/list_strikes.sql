-- What the page counts and draws by: one row a reported strike location, in the page's order. Days are counted from
-- 1970-01-01. Strikes of one answer (same shares of the disc) share its number, as few answers are given many times
-- over; those of one episode, and those at one coordinate, share a number too. regions: names of those it lies in.
WITH
regions AS (
    SELECT
        longitude,
        latitude,
        string_agg(region, ' ' ORDER BY region) AS names
    FROM region_rows
    WHERE theatre = $theatre
    GROUP BY longitude, latitude
)

SELECT
    s.source,
    date_diff('day', DATE '1970-01-01', s.date_from) AS day_from,
    date_diff('day', DATE '1970-01-01', s.date_to) AS day_to,
    round(s.longitude, 6) AS longitude,
    round(s.latitude, 6) AS latitude,
    dense_rank() OVER (ORDER BY round(s.longitude, 6), round(s.latitude, 6)) - 1 AS place_no,
    dense_rank() OVER (ORDER BY coalesce(e.episode_id, s.strike_id)) - 1 AS episode_no,
    s.place,
    s.province,
    coalesce(g.names, '') AS regions,
    a.controller,
    a.certainty,
    n.answer,
    s.confidence,
    s.precision_m,
    s.is_area,
    s.is_background,
    c.claimed_controller AS claimed,
    CASE
        WHEN c.strike_id IS NULL THEN NULL
        WHEN NOT c.is_located THEN 'not_located'
        WHEN c.is_elsewhere THEN 'elsewhere'
        WHEN c.is_elsewhere IS NULL THEN 'not_known'
        ELSE 'there'
    END AS claim
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
LEFT JOIN regions AS g ON round(s.longitude, 6) = g.longitude AND round(s.latitude, 6) = g.latitude
LEFT JOIN claim_rows AS c ON s.strike_id = c.strike_id
WHERE s.theatre = $theatre
ORDER BY s.source, s.date_from, s.date_to, s.strike_id;
