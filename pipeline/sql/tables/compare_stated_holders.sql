-- Rows of marts.consistency: what the source says of who held the place, beside what the control map says.
WITH
stated AS (
    SELECT
        strikes.source,
        strikes.strike_id,
        strikes.place,
        strikes.date_from,
        strikes.is_area,
        strikes.precision_m,
        strikes.stated_holder,
        attribution.controller,
        attribution.front_distance_m,
        stated_group.controller_group AS stated_group,
        held_group.controller_group AS held_group,
        coalesce(
            CAST(json_extract(attribution.shares, '$."' || strikes.stated_holder || '"') AS DOUBLE), 0
        ) AS stated_share
    FROM strikes
    INNER JOIN attribution ON strikes.strike_id = attribution.strike_id
    INNER JOIN groups AS stated_group ON strikes.stated_holder = stated_group.controller
    INNER JOIN groups AS held_group ON attribution.controller = held_group.controller
    WHERE NOT strikes.is_background
)

SELECT
    $theatre AS theatre,
    source,
    strike_id,
    place,
    date_from,
    stated_holder,
    controller,
    stated_share,
    stated_group = held_group AS agrees,
    (stated_holder = $focus) = (controller = $focus) AS agrees_on_focus,
    CASE
        WHEN agrees THEN NULL
        WHEN controller = 'contested' THEN 'contested'
        WHEN is_area THEN 'coordinate'
        WHEN coalesce(front_distance_m, 1e9) <= greatest(3000, precision_m) THEN 'front'
        ELSE 'control'
    END AS likely_cause
FROM stated
ORDER BY source, strike_id;
