-- Strikes of one source at one coordinate and sub-location make one episode where their windows overlap or follow on
-- the next day. Coordinates are rounded to 6 decimals (11 cm), so that two spellings of one coordinate are one place.
-- A background statement repeats nothing and stays an episode of its own.
WITH
placed AS (
    SELECT
        strike_id,
        source,
        date_from,
        date_to,
        round(latitude, 6) AS latitude,
        round(longitude, 6) AS longitude,
        regexp_extract(lower(coalesce(note, '')), 'location \d+') AS sub_location
    FROM strikes
    WHERE NOT is_background
),

stepped AS (
    SELECT
        *,
        coalesce(
            date_from - max(date_to) OVER (
                PARTITION BY source, latitude, longitude, sub_location
                ORDER BY date_from, date_to, strike_id
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) > 1,
            TRUE
        ) AS is_first
    FROM placed
),

numbered AS (
    SELECT
        *,
        count(*) FILTER (WHERE is_first) OVER (
            PARTITION BY source, latitude, longitude, sub_location
            ORDER BY date_from, date_to, strike_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS episode_no
    FROM stepped
),

named AS (
    SELECT
        strike_id,
        source,
        first_value(strike_id) OVER (
            PARTITION BY source, latitude, longitude, sub_location, episode_no
            ORDER BY date_from, date_to, strike_id
        ) AS episode_id
    FROM numbered
    UNION ALL
    SELECT
        strike_id,
        source,
        strike_id AS episode_id
    FROM strikes
    WHERE is_background
)

SELECT
    strike_id,
    $theatre AS theatre,
    source,
    episode_id
FROM named
ORDER BY strike_id;
