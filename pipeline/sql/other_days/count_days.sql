-- Holders of each strike's centre about its reported window, with the days of each.
SELECT
    asked.strike_id,
    held.controller,
    held.parties,
    CAST(sum(asked.reported_days) AS BIGINT) AS reported_days,
    CAST(min(asked.days_off) AS BIGINT) AS days_off
FROM asked
INNER JOIN held ON asked.probe_id = held.strike_id
GROUP BY asked.strike_id, held.controller, held.parties
ORDER BY asked.strike_id, held.controller, held.parties;
