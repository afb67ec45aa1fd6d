-- Rows of marts.consistency: what the source says of who held the place, beside what the control map says. Holders are
-- compared by the theatre's groups. The first rule that fits names the likely cause (docs/methods.md).
WITH
stated AS (
    SELECT
        strikes.source,
        strikes.strike_id,
        strikes.place,
        strikes.date_from,
        strikes.date_to,
        strikes.longitude,
        strikes.latitude,
        strikes.stated_holder,
        attribution.controller,
        attribution.parties,
        attribution.shares,
        stated_group.controller_group AS stated_group,
        held_group.controller_group AS held_group
    FROM strikes
    INNER JOIN attribution ON strikes.strike_id = attribution.strike_id
    INNER JOIN groups AS stated_group ON strikes.stated_holder = stated_group.controller
    INNER JOIN groups AS held_group ON attribution.controller = held_group.controller
    WHERE NOT strikes.is_background
),

shared AS (
    SELECT
        stated.strike_id,
        sum(CAST(json_extract(stated.shares, '$."' || groups.controller || '"') AS DOUBLE)) AS stated_share
    FROM stated
    INNER JOIN groups ON stated.stated_group = groups.controller_group
    GROUP BY stated.strike_id
),

contested AS (
    SELECT DISTINCT stated.strike_id
    FROM stated
    LEFT JOIN groups ON list_contains(from_json(stated.parties, '["VARCHAR"]'), groups.controller)
    WHERE
        stated.controller = 'contested'
        AND (stated.parties = '[]' OR stated.stated_group = groups.controller_group)
),

on_other_days AS (
    SELECT DISTINCT stated.strike_id
    FROM stated
    INNER JOIN other_days ON stated.strike_id = other_days.strike_id
    INNER JOIN groups ON other_days.controller = groups.controller
    WHERE stated.stated_group = groups.controller_group
),

observed AS (
    SELECT DISTINCT stated.strike_id
    FROM stated
    INNER JOIN observations
        ON
            observations.valid_from <= stated.date_to
            AND (observations.valid_to IS NULL OR stated.date_from < observations.valid_to)
            AND ST_Distance_Sphere(
                ST_Point(observations.longitude, observations.latitude), ST_Point(stated.longitude, stated.latitude)
            ) <= $same_place_m
    INNER JOIN groups ON observations.controller = groups.controller
    WHERE stated.stated_group <> groups.controller_group
)

SELECT
    $theatre AS theatre,
    stated.source,
    stated.strike_id,
    stated.place,
    stated.date_from,
    stated.stated_holder,
    stated.controller,
    coalesce(shared.stated_share, 0) AS stated_share,
    stated.stated_group = stated.held_group AS agrees,
    (stated.stated_holder = $focus) = (stated.controller = $focus) AS agrees_on_focus,
    CASE
        WHEN agrees THEN NULL
        WHEN contested.strike_id IS NOT NULL THEN 'contested'
        WHEN stated.controller <> 'unknown' AND shared.stated_share > 0 THEN 'coordinate'
        WHEN on_other_days.strike_id IS NOT NULL THEN 'date'
        WHEN observed.strike_id IS NOT NULL THEN 'contradiction'
        ELSE 'control'
    END AS likely_cause
FROM stated
LEFT JOIN shared ON stated.strike_id = shared.strike_id
LEFT JOIN contested ON stated.strike_id = contested.strike_id
LEFT JOIN on_other_days ON stated.strike_id = on_other_days.strike_id
LEFT JOIN observed ON stated.strike_id = observed.strike_id
ORDER BY stated.source, stated.strike_id;
