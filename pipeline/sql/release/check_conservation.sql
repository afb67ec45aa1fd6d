-- Every record of every export ends in exactly one outcome; every refusal has a reason; of every accepted record
-- something was made, and of no other: of a polygon an area, or, where it lies under others, what is told as a repair.
-- Two sources that are given the same bytes have records of the same id, so a record is one of its theatre and source.
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
        count(*) FILTER (WHERE outcome = 'withdrawn') AS withdrawn,
        count(*) FILTER (WHERE outcome = 'held') AS held,
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
        coalesce(max(withdrawn), 0) AS withdrawn,
        coalesce(max(held), 0) AS held,
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

-- A merged control source draws with the records of the two that it is made of, and has none of its own.
drawn AS (
    SELECT
        theatre,
        source,
        unnest(from_json(record_ids, '["VARCHAR"]')) AS record_id
    FROM core.control_areas
    UNION
    SELECT
        theatre,
        source,
        unnest(from_json(record_ids, '["VARCHAR"]')) AS record_id
    FROM core.control_repairs
    WHERE kind <> 'refused'
),

made AS (
    SELECT
        theatre,
        source,
        record_id
    FROM core.strikes
    UNION ALL
    SELECT
        theatre,
        source,
        record_id
    FROM core.control_observations
    UNION ALL
    SELECT
        theatre,
        source,
        record_id
    FROM core.places
    UNION ALL
    SELECT
        theatre,
        source,
        record_id
    FROM core.reports
    UNION ALL
    SELECT
        theatre,
        source,
        record_id
    FROM core.report_additions
    UNION ALL
    SELECT
        drawn.theatre,
        drawn.source,
        drawn.record_id
    FROM drawn
    SEMI JOIN stated ON drawn.theatre = stated.theatre AND drawn.source = stated.source
),

borrowed AS (
    SELECT
        drawn.theatre,
        drawn.source,
        drawn.record_id
    FROM drawn
    ANTI JOIN stated ON drawn.theatre = stated.theatre AND drawn.source = stated.source
),

accepted AS (
    SELECT
        theatre,
        source,
        record_id
    FROM core.record_outcomes
    WHERE outcome = 'accepted'
)

SELECT
    format(
        '{} export {} ({}): {} accepted + {} duplicate + {} superseded + {} withdrawn + {} held + {} quarantined is not '
        || 'its {} records',
        whose, export, file_name, accepted, duplicate, superseded, withdrawn, held, quarantined, coalesce(stated, records)
    ) AS failure
FROM balance
WHERE
    stated IS DISTINCT FROM records
    OR records <> outcomes
    OR outcomes <> different
    OR outcomes <> accepted + duplicate + superseded + withdrawn + held + quarantined
UNION ALL
SELECT
    format(
        'record {} of {} is quarantined, but no reason stands in core.quarantine',
        outcomes.record_id, outcomes.source
    ) AS failure
FROM core.record_outcomes AS outcomes
ANTI JOIN core.quarantine AS quarantine
    ON
        outcomes.theatre = quarantine.theatre
        AND outcomes.source = quarantine.source
        AND outcomes.record_id = quarantine.record_id
WHERE outcomes.outcome = 'quarantined'
UNION ALL
SELECT format('record {} of {} is accepted, but nothing was made of it', accepted.record_id, accepted.source) AS failure
FROM accepted
ANTI JOIN made
    ON accepted.theatre = made.theatre AND accepted.source = made.source AND accepted.record_id = made.record_id
UNION ALL
SELECT format('record {} of {} made a row, but is not accepted', made.record_id, made.source) AS failure
FROM made
ANTI JOIN accepted
    ON made.theatre = accepted.theatre AND made.source = accepted.source AND made.record_id = accepted.record_id
UNION ALL
SELECT format('record {} made a row of {}, but is not accepted', borrowed.record_id, borrowed.source) AS failure
FROM borrowed
ANTI JOIN accepted ON borrowed.theatre = accepted.theatre AND borrowed.record_id = accepted.record_id
UNION ALL
SELECT
    format(
        'strike {} cannot be traced: record {} of {} is not in raw.records',
        strikes.strike_id, strikes.record_id, strikes.source
    ) AS failure
FROM core.strikes AS strikes
ANTI JOIN raw.records AS records
    ON
        strikes.theatre = records.theatre
        AND strikes.source = records.source
        AND strikes.record_id = records.record_id
ORDER BY failure
