-- Each different disc and span of days, in the order of the numbers of list_contributions.sql.
SELECT
    CAST(row_number() OVER (ORDER BY longitude, latitude, precision_m, date_from, date_to) AS VARCHAR) AS strike_id,
    longitude,
    latitude,
    precision_m AS radius_m,
    date_from,
    date_to
FROM strikes
GROUP BY longitude, latitude, precision_m, date_from, date_to
ORDER BY longitude, latitude, precision_m, date_from, date_to;
