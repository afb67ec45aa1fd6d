-- Coordinates of strikes by the region in which they lie.
SELECT
    region,
    longitude,
    latitude
FROM place_rows
WHERE theatre = $theatre
ORDER BY region, longitude, latitude;
