-- Every coordinate that a strike has, and the regions of the theatre in which it lies; a border belongs to the region.
CREATE OR REPLACE TEMP TABLE places AS
WITH
coordinates AS (
    SELECT DISTINCT
        round(latitude, 6) AS latitude,
        round(longitude, 6) AS longitude
    FROM strikes
),

shapes AS (
    SELECT
        region,
        ST_GeomFromWKB(geometry) AS shape
    FROM region_shapes
),

memberships AS (
    SELECT
        coordinates.latitude,
        coordinates.longitude,
        regions.region
    FROM coordinates
    INNER JOIN regions
        ON
            coordinates.longitude BETWEEN regions.west AND regions.east
            AND coordinates.latitude BETWEEN regions.south AND regions.north
    UNION
    SELECT
        coordinates.latitude,
        coordinates.longitude,
        shapes.region
    FROM coordinates
    INNER JOIN shapes ON ST_Intersects(shapes.shape, ST_Point(coordinates.longitude, coordinates.latitude))
    UNION
    SELECT
        coordinates.latitude,
        coordinates.longitude,
        regions.region
    FROM coordinates
    INNER JOIN regions
        ON
            ST_Distance_Sphere(
                ST_Point(coordinates.longitude, coordinates.latitude), ST_Point(regions.longitude, regions.latitude)
            ) <= regions.km * 1000
),

listed AS (
    SELECT
        latitude,
        longitude,
        list(region ORDER BY region) AS regions
    FROM memberships
    GROUP BY latitude, longitude
)

SELECT
    coordinates.latitude,
    coordinates.longitude,
    coalesce(listed.regions, []) AS regions,
    row_number() OVER (ORDER BY coordinates.latitude, coordinates.longitude) AS place_no,
    dense_rank() OVER (ORDER BY coalesce(listed.regions, [])) AS region_class
FROM coordinates
LEFT JOIN listed
    ON coordinates.latitude = listed.latitude AND coordinates.longitude = listed.longitude;
