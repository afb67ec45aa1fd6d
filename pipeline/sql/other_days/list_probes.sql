-- Each place on each snapshot once: the point alone, on the day of the snapshot.
SELECT DISTINCT
    probe_id AS strike_id,
    longitude,
    latitude,
    CAST(0 AS DOUBLE) AS radius_m,
    snapshot_day AS date_from,
    snapshot_day AS date_to
FROM asked
ORDER BY probe_id;
