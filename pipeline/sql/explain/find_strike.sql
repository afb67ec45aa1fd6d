-- One strike with its attribution, its raw record and the size of its episode, out of a release's files.
WITH
strikes AS (
    SELECT * EXCLUDE (geometry)
    FROM read_parquet($strikes)
    WHERE starts_with(strike_id, $strike_id)
),

episodes AS (
    SELECT
        strike_id,
        episode_id,
        count(*) OVER (PARTITION BY episode_id) AS members
    FROM read_parquet($episodes)
)

SELECT
    strikes.*,
    attribution.* EXCLUDE (strike_id, theatre, source, month),
    records.layer,
    records.record_no,
    records.line_no,
    records.properties,
    exports.file_name,
    episodes.episode_id,
    episodes.members
FROM strikes
INNER JOIN read_parquet($attribution) AS attribution ON strikes.strike_id = attribution.strike_id
INNER JOIN read_parquet($records) AS records ON strikes.record_id = records.record_id AND strikes.source = records.source
INNER JOIN read_parquet($exports) AS exports
    ON strikes.export_id = exports.export_id AND strikes.source = exports.source
INNER JOIN episodes ON strikes.strike_id = episodes.strike_id
ORDER BY strikes.strike_id;
