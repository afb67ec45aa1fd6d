-- Strikes of a span of days that do not have exactly one attribution.
SELECT strikes.strike_id
FROM strikes
LEFT JOIN attribution ON strikes.strike_id = attribution.strike_id
WHERE strikes.date_from BETWEEN $first_day AND $last_day
GROUP BY strikes.strike_id
HAVING count(attribution.strike_id) <> 1
ORDER BY strikes.strike_id;
