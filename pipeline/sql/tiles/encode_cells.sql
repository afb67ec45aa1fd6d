-- The hexagons' part of each tile at $zoom. One on the edge of a tile is drawn in each that it has strikes in, and cut
-- there: the parts make up the whole.
WITH encoded AS (
    SELECT
        x,
        y,
        feature,
        properties,
        ST_AsMVTGeom(shape, ST_Extent(ST_TileEnvelope($zoom::INTEGER, x, y)), 4096, 64, TRUE) AS geometry
    FROM cells
)

SELECT
    x,
    y,
    ST_AsMVT(struct_concat(properties, { 'geometry': geometry }), 'cells', 4096, 'geometry' ORDER BY feature) AS part
FROM encoded
GROUP BY x, y
ORDER BY x, y;
