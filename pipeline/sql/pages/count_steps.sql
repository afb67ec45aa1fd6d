-- From the rows of a source to the locations of its headline.
SELECT
    count(*) AS rows_all,
    count(*) FILTER (WHERE strikes.is_background) AS background,
    count(*) FILTER (
        WHERE NOT strikes.is_background AND strikes.date_from NOT BETWEEN $first_day AND $last_day
    ) AS outside
FROM strikes
INNER JOIN episodes ON strikes.strike_id = episodes.strike_id
WHERE strikes.theatre = $theatre AND strikes.source = $source;
