-- The strikes that one strike is counted with as one episode, itself among them.
WITH own AS (
    SELECT episode_id
    FROM read_parquet($episodes)
    WHERE strike_id = $strike_id
)

SELECT episodes.strike_id
FROM read_parquet($episodes) AS episodes
SEMI JOIN own ON episodes.episode_id = own.episode_id
ORDER BY episodes.strike_id;
