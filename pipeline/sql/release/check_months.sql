-- Every strike lies in the month that its first day says, within the theatre's months, as does its attribution.
-- theatre_months: theatre, month.
SELECT
    format(
        'strike {} of {} begins on {} but is filed under month {}',
        strike_id, theatre, date_from, month
    ) AS failure
FROM core.strikes
WHERE month <> strftime(date_from, '%Y-%m')
UNION ALL
SELECT
    format('{} holds {} strikes in month {}, which it does not cover', theatre, count(*), month) AS failure
FROM core.strikes
ANTI JOIN theatre_months USING (theatre, month)
GROUP BY theatre, month
UNION ALL
SELECT
    format(
        '{} has {} strikes but {} attributions in month {}',
        theatre, count(*), count(attribution.strike_id), strikes.month
    ) AS failure
FROM core.strikes AS strikes
LEFT JOIN core.attribution AS attribution USING (theatre, month, strike_id)
GROUP BY theatre, strikes.month
HAVING count(*) <> count(attribution.strike_id)
ORDER BY failure
