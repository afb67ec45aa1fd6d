-- What became of the records of every export, with the reasons of those that were refused.
WITH
counted AS (
    SELECT
        theatre,
        source,
        export_id,
        count(*) FILTER (WHERE outcome = 'accepted') AS accepted,
        count(*) FILTER (WHERE outcome = 'duplicate') AS duplicate,
        count(*) FILTER (WHERE outcome = 'superseded') AS superseded,
        count(*) FILTER (WHERE outcome = 'withdrawn') AS withdrawn,
        count(*) FILTER (WHERE outcome = 'held') AS held,
        count(*) FILTER (WHERE outcome = 'quarantined') AS quarantined
    FROM outcomes
    GROUP BY theatre, source, export_id
),

reasoned AS (
    SELECT
        theatre,
        source,
        export_id,
        reason_code,
        count(DISTINCT coalesce(record_id, '')) AS records
    FROM quarantine
    GROUP BY theatre, source, export_id, reason_code
),

told AS (
    SELECT
        theatre,
        source,
        export_id,
        string_agg(reason_code || ' ' || records, ', ' ORDER BY records DESC, reason_code ASC) AS reasons
    FROM reasoned
    GROUP BY theatre, source, export_id
)

SELECT
    exports.theatre,
    exports.source,
    exports.file_name,
    exports.export_id,
    exports.record_count AS records,
    coalesce(counted.accepted, 0) AS accepted,
    coalesce(counted.duplicate, 0) AS duplicate,
    coalesce(counted.superseded, 0) AS superseded,
    coalesce(counted.withdrawn, 0) AS withdrawn,
    coalesce(counted.held, 0) AS held,
    coalesce(counted.quarantined, 0) AS quarantined,
    coalesce(told.reasons, '') AS reasons,
    exports.notes,
    exports.problem
FROM exports
LEFT JOIN counted USING (theatre, source, export_id)
LEFT JOIN told USING (theatre, source, export_id)
WHERE $theatre IS NULL OR exports.theatre = $theatre
ORDER BY exports.theatre, exports.source, exports.file_name, exports.export_id;
