-- The places by their numbers, as list_contributions.sql has them.
SELECT
    place_no,
    latitude,
    longitude
FROM places
ORDER BY place_no;
