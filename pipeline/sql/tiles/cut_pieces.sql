-- Cut the pieces of one zoom into those of a larger one: $zoom, where each tile has become $factor by $factor. Cutting
-- step by step keeps the cost near one pass over the vertices a zoom. Each piece keeps a margin beyond its tile, so
-- that what is simplified later changes nothing inside it.
CREATE OR REPLACE TEMP TABLE pieces AS
WITH
children AS (
    SELECT
        p.layer,
        p.feature,
        $factor * p.x + dx.range AS x,
        $factor * p.y + dy.range AS y,
        p.shape,
        ST_Dimension(p.shape) AS dimension,
        ST_TileEnvelope(
            $zoom, CAST($factor * p.x + dx.range AS INTEGER), CAST($factor * p.y + dy.range AS INTEGER)
        ) AS tile
    FROM pieces AS p
    CROSS JOIN range($factor) AS dx
    CROSS JOIN range($factor) AS dy
),

padded AS (
    SELECT
        * EXCLUDE (tile),
        ST_MakeEnvelope(
            ST_XMin(tile) - $margin, ST_YMin(tile) - $margin, ST_XMax(tile) + $margin, ST_YMax(tile) + $margin
        ) AS tile
    FROM children
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
