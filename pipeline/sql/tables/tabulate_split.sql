-- Rows of marts.headline_split: every group of the theatre for each headline, those without ground included.
WITH
by_group AS (
    SELECT
        held_by_set.set_no,
        held_by_set.unit,
        groups.controller_group,
        sum(held_by_set.share) AS share
    FROM held_by_set
    INNER JOIN groups ON held_by_set.controller = groups.controller
    GROUP BY held_by_set.set_no, held_by_set.unit, groups.controller_group
),

group_names AS (
    SELECT DISTINCT controller_group
    FROM groups
)

SELECT
    $theatre AS theatre,
    sets.source,
    sets.window_name AS "window",
    sets.filter_name AS filter,
    figures.unit,
    group_names.controller_group,
    CASE WHEN figures.is_shown THEN round(coalesce(by_group.share, 0) / figures.n, 9) END AS expected_share
FROM sets
INNER JOIN figures ON sets.set_no = figures.set_no
CROSS JOIN group_names
LEFT JOIN by_group
    ON
        figures.set_no = by_group.set_no
        AND figures.unit = by_group.unit
        AND group_names.controller_group = by_group.controller_group
WHERE sets.filter_name NOT IN ('certain_only', 'with_background')
ORDER BY sets.source, "window", filter, figures.unit, group_names.controller_group;
