-- Features of the backdrop cut to what the map can show; those that share layer and name become one.
CREATE OR REPLACE TEMP TABLE backdrop AS
WITH merged AS (
    SELECT
        layer,
        name,
        name_local,
        rank,
        is_theatre,
        ST_Intersection(
            ST_Union_Agg(ST_MakeValid(ST_GeomFromGeoJSON(geojson))),
            ST_MakeEnvelope($west, $south, $east, $north)
        ) AS shape
    FROM backdrop_rows
    GROUP BY layer, name, name_local, rank, is_theatre
)

SELECT
    layer,
    row_number() OVER (PARTITION BY layer ORDER BY rank, name) AS feature,
    {
        'name': name,
        'name_local': name_local,
        'rank': rank,
        'is_theatre': is_theatre
    } AS properties,
    ST_Transform(shape, 'OGC:CRS84', 'EPSG:3857') AS shape
FROM merged
WHERE NOT ST_IsEmpty(shape)
ORDER BY layer, feature;
