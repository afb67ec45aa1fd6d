-- Every record of every export ends in exactly one outcome, and every refusal has a reason.
WITH stated AS (
    SELECT
        theatre,
        source,
        export_id,
        file_name,
        record_count AS stated
    FROM raw.exports
),

counted AS (
    SELECT
        theatre,
        source,
        export_id,
        count(*) AS records
    FROM raw.records
    GROUP BY ALL
),

ended AS (
    SELECT
        theatre,
        source,
        export_id,
        count(*) AS outcomes,
        count(DISTINCT record_id) AS different,
        count(*) FILTER (WHERE outcome = 'accepted') AS accepted,
        count(*) FILTER (WHERE outcome = 'duplicate') AS duplicate,
        count(*) FILTER (WHERE outcome = 'superseded') AS superseded,
        count(*) FILTER (WHERE outcome = 'quarantined') AS quarantined
    FROM core.record_outcomes
    GROUP BY ALL
),

balance AS (
    SELECT
        concat_ws('/', theatre, source) AS whose,
        export_id[:12] AS export,
        coalesce(max(file_name), 'not in raw.exports') AS file_name,
        max(stated) AS stated,
        coalesce(max(records), 0) AS records,
        coalesce(max(outcomes), 0) AS outcomes,
        coalesce(max(different), 0) AS different,
        coalesce(max(accepted), 0) AS accepted,
        coalesce(max(duplicate), 0) AS duplicate,
        coalesce(max(superseded), 0) AS superseded,
        coalesce(max(quarantined), 0) AS quarantined
    FROM (
        SELECT * FROM stated
        UNION ALL BY NAME
        SELECT * FROM counted
        UNION ALL BY NAME
        SELECT * FROM ended
    ) AS told
    GROUP BY theatre, source, export_id
)

SELECT
    format(
        '{} export {} ({}): {} accepted + {} duplicate + {} superseded + {} quarantined is not its {} records',
        whose, export, file_name, accepted, duplicate, superseded, quarantined, coalesce(stated, records)
    ) AS failure
FROM balance
WHERE
    stated IS DISTINCT FROM records
    OR records <> outcomes
    OR outcomes <> different
    OR outcomes <> accepted + duplicate + superseded + quarantined
UNION ALL
SELECT format('record {} is quarantined, but no reason stands in core.quarantine', outcomes.record_id) AS failure
FROM core.record_outcomes AS outcomes
ANTI JOIN core.quarantine AS quarantine ON outcomes.record_id = quarantine.record_id
WHERE outcomes.outcome = 'quarantined'
UNION ALL
SELECT
    format(
        'strike {} cannot be traced: record {} is not in raw.records',
        strikes.strike_id, strikes.record_id
    ) AS failure
FROM core.strikes AS strikes
ANTI JOIN raw.records AS records ON strikes.record_id = records.record_id
ORDER BY failure
