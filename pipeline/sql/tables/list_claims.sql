-- Rows of marts.claims: strikes whose target someone has named, and who held the centre. A place is a whole province
-- where its disc is larger than half of the province: nobody's ground can be told there.
WITH
province_sizes AS (
    SELECT
        province,
        ST_Area(ST_Transform(ST_GeomFromWKB(geometry), 'OGC:CRS84', $projection)) AS area_m2
    FROM province_shapes
)

SELECT
    strikes.strike_id,
    $theatre AS theatre,
    strikes.source,
    strikes.date_from,
    strikes.claimed_controller,
    attribution.controller,
    strikes.is_area,
    coalesce(pi() * strikes.precision_m ^ 2 <= province_sizes.area_m2 / 2, TRUE) AS is_located,
    -- A generic claim names nobody, so no ground is theirs.
    CASE
        WHEN strikes.claimed_controller <> 'generic'
            THEN coalesce(claimed_group.controller_group <> held_group.controller_group, TRUE)
    END AS is_elsewhere
FROM strikes
INNER JOIN attribution ON strikes.strike_id = attribution.strike_id
INNER JOIN groups AS held_group ON attribution.controller = held_group.controller
LEFT JOIN groups AS claimed_group ON strikes.claimed_controller = claimed_group.controller
LEFT JOIN province_sizes ON strikes.province = province_sizes.province
WHERE strikes.claimed_controller IS NOT NULL AND NOT strikes.is_background
ORDER BY strikes.strike_id;
