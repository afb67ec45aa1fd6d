-- The hexagons' part of each tile. They are drawn by their properties; the point, the middle of the tile, is there
-- because the format asks for one.
SELECT
    x,
    y,
    ST_AsMVT(
        struct_concat(properties, { 'geometry': ST_Point(2048, 2048) }), 'cells', 4096, 'geometry' ORDER BY feature
    ) AS part
FROM cells
GROUP BY x, y
ORDER BY x, y;
