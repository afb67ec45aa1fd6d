-- Points that lie more than a quarter of a degree outside their province, and in it with their axes exchanged.
WITH shapes AS (
    SELECT
        province,
        st_geomfromwkb(geometry) AS shape
    FROM shapes_wkb
)

SELECT points.number
FROM points
INNER JOIN shapes ON points.province = shapes.province
WHERE
    st_distance(shapes.shape, st_point(points.longitude, points.latitude)) > 0.25
    AND st_distance(shapes.shape, st_point(points.latitude, points.longitude)) = 0
ORDER BY points.number;
