-- What became of the records of each export.
WITH counted AS (
    SELECT
        export_id,
        source,
        count(*) AS kept
    FROM records
    GROUP BY ALL
),

ended AS (
    SELECT
        export_id,
        source,
        count(*) AS outcomes,
        count(DISTINCT record_id) AS different,
        count(*) FILTER (WHERE outcome = 'accepted') AS accepted,
        count(*) FILTER (WHERE outcome = 'duplicate') AS duplicate,
        count(*) FILTER (WHERE outcome = 'superseded') AS superseded,
        count(*) FILTER (WHERE outcome = 'withdrawn') AS withdrawn,
        count(*) FILTER (WHERE outcome = 'held') AS held,
        count(*) FILTER (WHERE outcome = 'quarantined') AS quarantined
    FROM outcomes
    GROUP BY ALL
),

filled AS (
    SELECT
        source,
        export_id,
        coalesce(exports.file_name, 'an export that was never received') AS file_name,
        coalesce(exports.record_count, 0) AS records,
        coalesce(counted.kept, 0) AS kept,
        coalesce(ended.outcomes, 0) AS outcomes,
        coalesce(ended.different, 0) AS different,
        coalesce(ended.accepted, 0) AS accepted,
        coalesce(ended.duplicate, 0) AS duplicate,
        coalesce(ended.superseded, 0) AS superseded,
        coalesce(ended.withdrawn, 0) AS withdrawn,
        coalesce(ended.held, 0) AS held,
        coalesce(ended.quarantined, 0) AS quarantined
    FROM exports
    FULL JOIN counted USING (source, export_id)
    FULL JOIN ended USING (source, export_id)
)

SELECT
    source,
    export_id,
    file_name,
    records,
    accepted,
    duplicate,
    superseded,
    withdrawn,
    held,
    quarantined,
    records = kept
    AND records = outcomes
    AND records = different
    AND records = accepted + duplicate + superseded + withdrawn + held + quarantined AS is_balanced
FROM filled
ORDER BY source, export_id
