-- One point layer's part of each tile, of the rows of table $rows. A point lies in exactly one tile of a zoom, never on
-- its far edge, where a renderer would drop it.
WITH placed AS (
    SELECT
        feature,
        properties,
        2 ** $zoom * (ST_X(shape) / 40075016.685578488 + 0.5) AS east,
        2 ** $zoom * (0.5 - ST_Y(shape) / 40075016.685578488) AS south
    FROM query_table($rows)
)

SELECT
    floor(east)::INTEGER AS x,
    floor(south)::INTEGER AS y,
    ST_AsMVT(
        struct_concat(
            properties,
            {
                'geometry': ST_Point(
                    least(round(4096 * (east - floor(east))), 4095),
                    least(round(4096 * (south - floor(south))), 4095)
                )
            }
        ),
        $layer, 4096, 'geometry' ORDER BY feature
    ) AS part
FROM placed
GROUP BY ALL
ORDER BY x, y;
