-- Rows of marts.claims: strikes whose target someone has named, and who held the centre. A place is a whole province
-- where its disc is larger than half of the province: nobody's ground can be told there. Where the source names no
-- province that the base map has, the one is meant in which the centre lies, or that is nearest to it.
WITH
provinces AS MATERIALIZED (
    SELECT
        province,
        ST_Transform(ST_GeomFromWKB(geometry), 'OGC:CRS84', $projection) AS shape
    FROM province_shapes
),

claims AS (
    SELECT
        strikes.strike_id,
        strikes.source,
        strikes.date_from,
        strikes.claimed_controller,
        strikes.province,
        strikes.is_area,
        attribution.controller,
        pi() * strikes.precision_m ^ 2 AS disc_m2,
        ST_Transform(ST_Point(strikes.longitude, strikes.latitude), 'OGC:CRS84', $projection) AS centre,
        claimed_group.controller_group AS claimed_group,
        held_group.controller_group AS held_group,
        from_json(attribution.parties, '["VARCHAR"]') AS parties
    FROM strikes
    INNER JOIN attribution ON strikes.strike_id = attribution.strike_id
    INNER JOIN groups AS held_group ON attribution.controller = held_group.controller
    LEFT JOIN groups AS claimed_group ON strikes.claimed_controller = claimed_group.controller
    WHERE strikes.claimed_controller IS NOT NULL AND NOT strikes.is_background
),

sized AS (
    SELECT
        claims.strike_id,
        coalesce(
            max(ST_Area(provinces.shape)) FILTER (WHERE provinces.province = claims.province),
            arg_min(ST_Area(provinces.shape), (ST_Distance(provinces.shape, claims.centre), provinces.province))
        ) AS province_m2
    FROM claims
    CROSS JOIN provinces
    GROUP BY claims.strike_id
),

-- Contested ground may be the claimed controller's where its group is a party, or where the parties are not told.
open_ground AS (
    SELECT DISTINCT claims.strike_id
    FROM claims
    LEFT JOIN groups ON list_contains(claims.parties, groups.controller)
    WHERE
        claims.controller = 'unknown'
        OR (
            claims.controller = 'contested'
            AND (len(claims.parties) = 0 OR claims.claimed_group = groups.controller_group)
        )
)

SELECT
    claims.strike_id,
    $theatre AS theatre,
    claims.source,
    claims.date_from,
    claims.claimed_controller,
    claims.controller,
    claims.is_area,
    coalesce(claims.disc_m2 <= sized.province_m2 / 2, FALSE) AS is_located,
    -- A generic claim names nobody, so no ground is theirs.
    CASE
        WHEN claims.claimed_controller <> 'generic' AND open_ground.strike_id IS NULL
            THEN coalesce(claims.claimed_group <> claims.held_group, TRUE)
    END AS is_elsewhere
FROM claims
LEFT JOIN sized ON claims.strike_id = sized.strike_id
LEFT JOIN open_ground ON claims.strike_id = open_ground.strike_id
ORDER BY claims.strike_id;
