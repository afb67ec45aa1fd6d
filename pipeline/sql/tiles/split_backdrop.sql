-- One table a layer of the backdrop. Provinces are drawn as shapes and named once, at a point inside each: a
-- shape's name would be written in every tile that it reaches. Towns are marked that lie in
-- the theatre's own land.
CREATE OR REPLACE TEMP TABLE land AS
SELECT
    feature,
    properties,
    shape
FROM backdrop
WHERE layer = 'land'
ORDER BY feature;

CREATE OR REPLACE TEMP TABLE provinces AS
SELECT
    feature,
    properties,
    shape
FROM backdrop
WHERE layer = 'provinces'
ORDER BY feature;

CREATE OR REPLACE TEMP TABLE province_names AS
SELECT
    feature,
    properties,
    ST_PointOnSurface(shape) AS shape
FROM provinces
ORDER BY feature;

CREATE OR REPLACE TEMP TABLE lakes AS
SELECT
    feature,
    properties,
    shape
FROM backdrop
WHERE layer = 'lakes'
ORDER BY feature;

CREATE OR REPLACE TEMP TABLE rivers AS
SELECT
    feature,
    properties,
    shape
FROM backdrop
WHERE layer = 'rivers'
ORDER BY feature;

CREATE OR REPLACE TEMP TABLE towns AS
WITH own AS (
    SELECT ST_Union_Agg(shape) AS shape
    FROM land
    WHERE properties.is_theatre
)

SELECT
    b.feature,
    {
        'name': b.properties.name,
        'name_local': b.properties.name_local,
        'rank': b.properties.rank,
        'is_theatre': coalesce(ST_Intersects(o.shape, b.shape), FALSE)
    } AS properties,
    b.shape
FROM backdrop AS b
CROSS JOIN own AS o
WHERE b.layer = 'towns'
ORDER BY b.feature;
