-- Rows of marts.headline but for the split, the coverage and the words. Under the fewest locations, and where most of the
-- ground is not known, there is a count and no share.
WITH
by_unit AS (
    SELECT
        set_no,
        max(n) FILTER (WHERE unit = 'row') AS strike_rows,
        max(n) FILTER (WHERE unit = 'episode') AS episodes
    FROM figures
    GROUP BY set_no
),

cell_places AS (
    SELECT DISTINCT
        cell,
        place_no
    FROM counted
),

places_by_set AS (
    SELECT
        cell_sets.set_no,
        count(DISTINCT cell_places.place_no) AS places
    FROM cell_places
    INNER JOIN cell_sets ON cell_places.cell = cell_sets.cell
    GROUP BY cell_sets.set_no
),

ally AS (
    SELECT
        figures.set_no,
        figures.unit,
        coalesce(held_by_set.share, 0) / figures.n AS share
    FROM figures
    LEFT JOIN held_by_set
        ON
            figures.set_no = held_by_set.set_no
            AND figures.unit = held_by_set.unit
            AND held_by_set.controller = $ally
    WHERE $ally IS NOT NULL AND figures.n > 0
)

SELECT
    $theatre AS theatre,
    sets.source,
    sets.window_name AS "window",
    sets.window_from,
    sets.window_to,
    sets.filter_name AS filter,
    figures.unit,
    $control_source AS control_source,
    by_unit.strike_rows AS rows,
    by_unit.episodes,
    coalesce(places_by_set.places, 0) AS places,
    figures.n,
    CASE WHEN figures.is_shown THEN figures.at_point END AS not_focus_at_point,
    CASE WHEN figures.is_shown THEN figures.expected END AS not_focus_expected,
    CASE WHEN figures.is_shown THEN figures.lower_t10 END AS not_focus_lower_t10,
    CASE WHEN figures.is_shown THEN figures.upper_t10 END AS not_focus_upper_t10,
    CASE WHEN figures.is_shown THEN figures.lower_t0 END AS not_focus_lower_t0,
    CASE WHEN figures.is_shown THEN figures.upper_t0 END AS not_focus_upper_t0,
    CASE
        WHEN figures.is_shown AND ally.share < 1 - 1e-9
            THEN round(greatest(0, 1 - (1 - figures.expected) / (1 - ally.share)), 9)
    END AS not_focus_excluding_ally,
    CASE WHEN figures.is_shown THEN figures.margin_lower END AS margin_lower,
    CASE WHEN figures.is_shown THEN figures.margin_upper END AS margin_upper,
    intervals.place_lower,
    intervals.place_upper,
    intervals.map_lower,
    intervals.map_upper,
    CASE WHEN figures.is_shown THEN round(figures.n * (2 * figures.expected - 1), 6) END AS tipping_point,
    CASE
        WHEN figures.is_shown AND figures.expected < 1
            THEN round(figures.expected / (1 - figures.expected), 6)
    END AS tipping_ratio
FROM sets
INNER JOIN figures ON sets.set_no = figures.set_no
INNER JOIN by_unit ON sets.set_no = by_unit.set_no
LEFT JOIN places_by_set ON sets.set_no = places_by_set.set_no
LEFT JOIN ally ON figures.set_no = ally.set_no AND figures.unit = ally.unit
LEFT JOIN intervals ON figures.set_no = intervals.set_no AND figures.unit = intervals.unit
WHERE sets.filter_name NOT IN ('certain_only', 'with_background')
ORDER BY sets.source, "window", filter, figures.unit;
