-- The one join that every reader needs: a strike, who held its ground, and the episode that it belongs to.
CREATE VIEW marts.strikes_attributed AS
SELECT
    strikes.*,
    attribution.* EXCLUDE (strike_id, theatre, source, month),
    episodes.episode_id
FROM core.strikes AS strikes
INNER JOIN core.attribution AS attribution ON strikes.strike_id = attribution.strike_id
LEFT JOIN core.episodes AS episodes ON strikes.strike_id = episodes.strike_id
ORDER BY strikes.theatre, strikes.source, strikes.date_from, strikes.strike_id
