-- Countries at a point inside each: within the theatre's extent where they reach into that, so that the opening view
-- shows the whole name. is_near tells these from the others, which are named only when the map is moved to them.
CREATE OR REPLACE TEMP TABLE land_names AS
WITH extent AS (
    SELECT ST_Transform(ST_MakeEnvelope($own_west, $own_south, $own_east, $own_north), 'OGC:CRS84', 'EPSG:3857') AS shape
),

cut AS (
    SELECT
        l.feature,
        l.properties,
        l.shape,
        ST_Area(e.shape) AS own_area,
        ST_Intersection(l.shape, e.shape) AS seen
    FROM land AS l
    CROSS JOIN extent AS e
)

SELECT
    feature,
    {
        'name': properties.name,
        'name_local': properties.name_local,
        'is_theatre': properties.is_theatre,
        'is_near': ST_Area(seen) > 0.01 * own_area
    } AS properties,
    ST_PointOnSurface(CASE WHEN ST_IsEmpty(seen) THEN shape ELSE seen END) AS shape
FROM cut
ORDER BY feature;
