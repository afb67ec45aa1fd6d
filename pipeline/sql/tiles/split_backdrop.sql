-- One table a layer of the backdrop. Land and provinces are drawn as shapes and named once, at a point inside each:
-- a shape's name would be written in every tile that it reaches.
CREATE OR REPLACE TEMP TABLE land AS
SELECT
    feature,
    properties,
    shape
FROM backdrop
WHERE layer = 'land'
ORDER BY feature;

CREATE OR REPLACE TEMP TABLE land_names AS
SELECT
    feature,
    properties,
    ST_PointOnSurface(shape) AS shape
FROM land
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
SELECT
    feature,
    properties,
    shape
FROM backdrop
WHERE layer = 'towns'
ORDER BY feature;
