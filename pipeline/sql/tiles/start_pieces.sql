-- Every line and polygon but the discs, whole, in the one tile of zoom 0.
CREATE OR REPLACE TEMP TABLE pieces AS
SELECT
    'areas' AS layer,
    feature,
    0 AS x,
    0 AS y,
    shape
FROM areas
UNION ALL BY NAME
SELECT
    'fronts' AS layer,
    feature,
    0 AS x,
    0 AS y,
    shape
FROM fronts
UNION ALL BY NAME
SELECT
    layer,
    feature,
    0 AS x,
    0 AS y,
    shape
FROM backdrop
WHERE ST_Dimension(shape) > 0;
