CREATE OR REPLACE TEMP TABLE shapes AS
SELECT
    province,
    ST_GeomFromWKB(geometry) AS shape
FROM shapes_wkb;
