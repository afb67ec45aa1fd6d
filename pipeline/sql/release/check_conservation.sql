-- Every record of every export ends in exactly one outcome; every refusal has a reason; of every accepted record
-- something was made, and of no other. A drawn polygon may make no area of its own (it lies under another), so drawn
-- sources are asked only the other way round.
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
),

made AS (
    SELECT record_id FROM core.strikes
    UNION ALL
    SELECT record_id FROM core.control_observations
    UNION ALL
    SELECT record_id FROM core.places
    UNION ALL
    SELECT record_id FROM core.reports
    UNION ALL
    SELECT record_id FROM core.report_additions
    UNION ALL
    SELECT DISTINCT unnest(from_json(record_ids, '["VARCHAR"]')) AS record_id FROM core.control_areas
),

accepted AS (
    SELECT record_id FROM core.record_outcomes
    WHERE outcome = 'accepted'
),

drawn_sources AS (
    SELECT DISTINCT
        theatre,
        source
    FROM core.control_areas
    WHERE method = 'polygon'
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
SELECT format('record {} is accepted, but nothing was made of it', outcomes.record_id) AS failure
FROM core.record_outcomes AS outcomes
ANTI JOIN made ON outcomes.record_id = made.record_id
ANTI JOIN drawn_sources ON outcomes.theatre = drawn_sources.theatre AND outcomes.source = drawn_sources.source
WHERE outcomes.outcome = 'accepted'
UNION ALL
SELECT format('record {} made a row, but is not accepted', made.record_id) AS failure
FROM made
ANTI JOIN accepted ON made.record_id = accepted.record_id
UNION ALL
SELECT
    format(
        'strike {} cannot be traced: record {} is not in raw.records',
        strikes.strike_id, strikes.record_id
    ) AS failure
FROM core.strikes AS strikes
ANTI JOIN raw.records AS records ON strikes.record_id = records.record_id
ORDER BY failure
