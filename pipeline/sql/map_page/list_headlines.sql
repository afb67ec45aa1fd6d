-- The published figures: every strike of a source in a window, counted in episodes.
SELECT
    source,
    "window",
    window_from,
    window_to,
    rows,
    episodes,
    places,
    n,
    split,
    not_focus_at_point,
    not_focus_expected,
    not_focus_lower_t10,
    not_focus_upper_t10,
    not_focus_lower_t0,
    not_focus_upper_t0,
    not_focus_excluding_ally,
    place_lower,
    place_upper,
    map_lower,
    map_upper,
    sentence
FROM headline_rows
WHERE theatre = $theatre AND filter = 'all' AND unit = 'episode'
ORDER BY source ASC, window_from ASC, window_to DESC, "window" ASC;
