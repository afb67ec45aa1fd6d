-- A strike stands as its last revision says, unless that was withdrawn: then the record is a tombstone, and no strike.
-- Each strike leads to all of its records, and each record that counts leads to a strike.
WITH
last_revisions AS (
    SELECT
        revisions.theatre,
        revisions.source,
        revisions.strike_id,
        revisions.revision,
        revisions.record_id,
        revisions.status,
        outcomes.outcome
    FROM core.revisions AS revisions
    LEFT JOIN core.record_outcomes AS outcomes
        ON
            revisions.theatre = outcomes.theatre
            AND revisions.source = outcomes.source
            AND revisions.record_id = outcomes.record_id
    WHERE revisions.is_last
),

standing AS (
    SELECT *
    FROM last_revisions
    WHERE status = 'current'
),

tombstones AS (
    SELECT *
    FROM last_revisions
    WHERE status = 'withdrawn'
),

ended AS (
    SELECT *
    FROM core.revisions
    WHERE status <> 'current'
),

seen AS (
    SELECT
        theatre,
        source,
        strike_id,
        count(*) AS sightings
    FROM core.sightings
    GROUP BY ALL
),

counting AS (
    SELECT
        outcomes.source,
        outcomes.theatre,
        outcomes.record_id,
        outcomes.outcome
    FROM core.record_outcomes AS outcomes
    SEMI JOIN core.sightings AS of_source
        ON outcomes.theatre = of_source.theatre AND outcomes.source = of_source.source
    WHERE outcomes.outcome NOT IN ('held', 'quarantined')
)

SELECT
    format(
        'strike {} is not as the last revision in core.revisions says', coalesce(strikes.strike_id, standing.strike_id)
    ) AS failure
FROM core.strikes AS strikes
FULL JOIN standing
    ON
        strikes.theatre = standing.theatre
        AND strikes.source = standing.source
        AND strikes.strike_id = standing.strike_id
        AND strikes.record_id = standing.record_id
        AND strikes.revision = standing.revision
WHERE strikes.strike_id IS NULL OR standing.strike_id IS NULL
UNION ALL
SELECT
    format(
        'revision {} of strike {} is {}, but its record is {}', revision, strike_id, status, coalesce(outcome, 'not there')
    ) AS failure
FROM last_revisions
WHERE outcome IS DISTINCT FROM CASE status WHEN 'current' THEN 'accepted' ELSE status END
UNION ALL
SELECT
    format(
        'revision {} of strike {} ended, and its row in core.past_strikes is missing or another',
        coalesce(ended.revision, past.revision), coalesce(ended.strike_id, past.strike_id)
    ) AS failure
FROM ended
FULL JOIN core.past_strikes AS past
    ON
        ended.theatre = past.theatre
        AND ended.source = past.source
        AND ended.strike_id = past.strike_id
        AND ended.revision = past.revision
        AND ended.record_id = past.record_id
WHERE ended.strike_id IS NULL OR past.strike_id IS NULL
UNION ALL
SELECT format('record {} of {} was withdrawn, but left no tombstone', counting.record_id, counting.source) AS failure
FROM counting
ANTI JOIN tombstones
    ON
        counting.theatre = tombstones.theatre
        AND counting.source = tombstones.source
        AND counting.record_id = tombstones.record_id
WHERE counting.outcome = 'withdrawn'
UNION ALL
SELECT
    format(
        'strike {} counts {} sightings; core.sightings has {}',
        strikes.strike_id, strikes.sightings, coalesce(seen.sightings, 0)
    ) AS failure
FROM core.strikes AS strikes
LEFT JOIN seen
    ON
        strikes.theatre = seen.theatre
        AND strikes.source = seen.source
        AND strikes.strike_id = seen.strike_id
WHERE strikes.sightings IS DISTINCT FROM seen.sightings
UNION ALL
SELECT
    format(
        'record {} of {} is {}, and {} in core.sightings',
        coalesce(counting.record_id, sightings.record_id), coalesce(counting.source, sightings.source),
        coalesce(counting.outcome, 'none that counts'), coalesce(sightings.outcome, 'missing')
    ) AS failure
FROM counting
FULL JOIN core.sightings AS sightings
    ON
        counting.theatre = sightings.theatre
        AND counting.source = sightings.source
        AND counting.record_id = sightings.record_id
WHERE counting.outcome IS DISTINCT FROM sightings.outcome
ORDER BY failure
