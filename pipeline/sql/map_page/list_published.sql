-- Of the published figures, what the page cannot count for itself: the intervals, which take a bootstrap, and the words.
-- Rows that show no share have no interval.
SELECT
    source,
    "window",
    filter,
    n,
    not_focus_expected,
    place_lower,
    place_upper,
    map_lower,
    map_upper,
    sentence
FROM headline_rows
WHERE theatre = $theatre AND unit = 'episode' AND filter NOT LIKE '%points_only' AND not_focus_expected IS NOT NULL
ORDER BY source, "window", filter;
