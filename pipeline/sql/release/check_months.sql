-- Every strike lies in the month that its first day says, within the theatre's months, as does its attribution.
-- theatre_months: theatre, month.
SELECT format('strike {} of {} begins on {}, but is filed under {}', strike_id, theatre, date_from, month) AS failure
FROM core.strikes
WHERE month <> strftime(date_from, '%Y-%m')
UNION ALL
SELECT
    format(
        '{} holds {} strikes in month {}, which it does not cover',
        strikes.theatre, count(*), strikes.month
    ) AS failure
FROM core.strikes AS strikes
ANTI JOIN theatre_months ON strikes.theatre = theatre_months.theatre AND strikes.month = theatre_months.month
GROUP BY strikes.theatre, strikes.month
UNION ALL
SELECT
    format(
        '{} has {} strikes but {} attributions in month {}',
        strikes.theatre, count(*), count(attribution.strike_id), strikes.month
    ) AS failure
FROM core.strikes AS strikes
LEFT JOIN core.attribution AS attribution
    ON
        strikes.strike_id = attribution.strike_id
        AND strikes.theatre = attribution.theatre
        AND strikes.month = attribution.month
GROUP BY strikes.theatre, strikes.month
HAVING count(*) <> count(attribution.strike_id)
ORDER BY failure
