-- Cut the pieces of one zoom into those of the next. Each tile keeps a margin, so that what is simplified later changes
-- nothing inside it. $zoom is the new zoom; cutting step by step keeps the cost near one pass over the vertices a zoom.
CREATE OR REPLACE TEMP TABLE pieces AS
WITH quarters AS (
    SELECT
        p.layer,
        p.feature,
        2 * p.x + q.dx AS x,
        2 * p.y + q.dy AS y,
        p.shape,
        ST_Dimension(p.shape) AS dimension,
        ST_TileEnvelope($zoom, 2 * p.x + q.dx, 2 * p.y + q.dy) AS tile
    FROM pieces AS p
    CROSS JOIN (VALUES (0, 0), (0, 1), (1, 0), (1, 1)) AS q (dx, dy)
),

padded AS (
    SELECT
        * EXCLUDE (tile),
        ST_MakeEnvelope(
            ST_XMin(tile) - $margin, ST_YMin(tile) - $margin, ST_XMax(tile) + $margin, ST_YMax(tile) + $margin
        ) AS tile
    FROM quarters
),

cut AS (
    SELECT
        layer,
        feature,
        x,
        y,
        ST_CollectionExtract(ST_Intersection(shape, tile), dimension + 1) AS shape
    FROM padded
    WHERE ST_Intersects(shape, tile)
)

SELECT *
FROM cut
WHERE NOT ST_IsEmpty(shape);
