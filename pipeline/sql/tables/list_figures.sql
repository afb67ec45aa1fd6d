-- The figures of one attribution for one window, to be compared with another's.
SELECT
    sets.source,
    sets.window_name,
    sets.filter_name,
    figures.unit,
    figures.n,
    CASE WHEN figures.n >= $fewest THEN figures.at_point END AS at_point,
    CASE WHEN figures.n >= $fewest THEN figures.expected END AS expected,
    CASE WHEN figures.n >= $fewest THEN figures.not_known END AS not_known,
    CASE WHEN figures.n >= $fewest THEN figures.lower_t10 END AS lower_t10,
    CASE WHEN figures.n >= $fewest THEN figures.upper_t10 END AS upper_t10
FROM sets
INNER JOIN figures ON sets.set_no = figures.set_no
WHERE sets.window_name = $window_name
ORDER BY sets.source, sets.window_name, sets.filter_name, figures.unit;
