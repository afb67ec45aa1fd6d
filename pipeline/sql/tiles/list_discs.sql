-- The precision disc of each location that is an area and not a point; its properties are those of the strike.
CREATE OR REPLACE TEMP TABLE discs AS
SELECT
    d.feature,
    d.properties,
    ST_Transform(
        ST_Buffer(ST_Transform(d.shape, 'EPSG:3857', $projection), d.properties.precision_m, 16),
        $projection,
        'EPSG:3857'
    ) AS shape
FROM strikes AS d
WHERE d.properties.is_area
ORDER BY d.feature;
