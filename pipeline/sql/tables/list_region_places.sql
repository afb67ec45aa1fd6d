-- Rows of core.region_places: which coordinates of strikes lie in which region.
SELECT
    $theatre AS theatre,
    unnest(regions) AS region,
    latitude,
    longitude
FROM places
ORDER BY region, latitude, longitude;
