-- Rows of marts.strikes_by_day: each strike spread evenly over the days of its effective window.
WITH
spans AS (
    SELECT
        strikes.source,
        attribution.controller,
        strikes.date_from,
        strikes.date_to,
        -- Whole strikes are counted before they are divided, and decimals added: exact in any order.
        CAST(count(*) / (strikes.date_to - strikes.date_from + 1) AS DECIMAL(18, 12)) AS a_day
    FROM strikes
    INNER JOIN attribution ON strikes.strike_id = attribution.strike_id
    WHERE NOT strikes.is_background
    GROUP BY strikes.source, attribution.controller, strikes.date_from, strikes.date_to
),

spread AS (
    SELECT
        source,
        controller,
        a_day,
        unnest(range(date_from, date_to + 1, INTERVAL 1 DAY)) AS day
    FROM spans
)

SELECT
    $theatre AS theatre,
    source,
    CAST(day AS DATE) AS day,
    controller,
    CAST(sum(a_day) AS DOUBLE) AS strikes
FROM spread
GROUP BY source, day, controller
ORDER BY source, day, controller;
