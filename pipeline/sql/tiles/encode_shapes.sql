-- One line or polygon layer's part of each tile, simplified to $tolerance metres of Web Mercator.
WITH encoded AS (
    SELECT
        p.x,
        p.y,
        p.feature,
        l.properties,
        ST_AsMVTGeom(
            ST_MakeValid(ST_Simplify(p.shape, $tolerance)),
            ST_Extent(ST_TileEnvelope($zoom, CAST(p.x AS INTEGER), CAST(p.y AS INTEGER))),
            4096,
            64,
            TRUE
        ) AS geometry
    FROM pieces AS p
    INNER JOIN query_table($layer) AS l USING (feature)
    WHERE p.layer = $layer
)

SELECT
    x,
    y,
    ST_AsMVT(struct_concat(properties, { 'geometry': geometry }), $layer, 4096, 'geometry' ORDER BY feature) AS part
FROM encoded
WHERE geometry IS NOT NULL AND NOT ST_IsEmpty(geometry)
GROUP BY x, y
ORDER BY x, y;
