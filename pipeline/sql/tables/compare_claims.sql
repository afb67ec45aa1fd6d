-- Rows of marts.claims_vs_control: strikes whose target someone has named, by who held the centre. A place is a whole
-- province where its disc is larger than half of the province: nobody's ground can be told there.
WITH
province_sizes AS (
    SELECT
        province,
        ST_Area(ST_Transform(ST_GeomFromWKB(geometry), 'OGC:CRS84', $projection)) AS area_m2
    FROM province_shapes
),

claims AS (
    SELECT
        strikes.source,
        windows.window_name,
        strikes.claimed_controller,
        attribution.controller,
        strikes.is_area,
        coalesce(pi() * strikes.precision_m ^ 2 <= province_sizes.area_m2 / 2, TRUE) AS is_located,
        claimed_group.controller_group = held_group.controller_group AS is_theirs
    FROM strikes
    INNER JOIN attribution ON strikes.strike_id = attribution.strike_id
    INNER JOIN windows ON strikes.date_from BETWEEN windows.window_from AND windows.window_to
    INNER JOIN groups AS held_group ON attribution.controller = held_group.controller
    LEFT JOIN groups AS claimed_group ON strikes.claimed_controller = claimed_group.controller
    LEFT JOIN province_sizes ON strikes.province = province_sizes.province
    WHERE strikes.claimed_controller IS NOT NULL AND NOT strikes.is_background
),

counted AS (
    SELECT
        source,
        window_name,
        claimed_controller,
        count(*) AS claims,
        count(*) FILTER (WHERE is_located) AS n,
        -- A generic claim names nobody, so no ground is theirs.
        CASE WHEN claimed_controller <> 'generic' THEN count(*) FILTER (WHERE is_located AND NOT is_theirs) END
            AS elsewhere,
        count(*) FILTER (WHERE is_located AND NOT is_area) AS n_points,
        CASE
            WHEN claimed_controller <> 'generic' THEN count(*) FILTER (WHERE is_located AND NOT is_area AND NOT is_theirs)
        END AS elsewhere_points
    FROM claims
    GROUP BY source, window_name, claimed_controller
),

by_holder AS (
    SELECT
        source,
        window_name,
        claimed_controller,
        controller,
        count(*) AS claims
    FROM claims
    WHERE is_located
    GROUP BY source, window_name, claimed_controller, controller
),

listed AS (
    SELECT
        source,
        window_name,
        claimed_controller,
        '{' || string_agg('"' || controller || '":' || claims, ',' ORDER BY claims DESC, controller ASC) || '}' AS holders
    FROM by_holder
    GROUP BY source, window_name, claimed_controller
)

SELECT
    $theatre AS theatre,
    counted.source,
    counted.window_name AS "window",
    counted.claimed_controller,
    counted.claims,
    counted.n,
    coalesce(listed.holders, '{}') AS holders,
    counted.elsewhere,
    CASE WHEN counted.n >= $fewest THEN round(counted.elsewhere / counted.n, 9) END AS share_elsewhere,
    counted.n_points,
    counted.elsewhere_points
FROM counted
LEFT JOIN listed
    ON
        counted.source = listed.source
        AND counted.window_name = listed.window_name
        AND counted.claimed_controller = listed.claimed_controller
ORDER BY counted.source, "window", counted.claimed_controller;
