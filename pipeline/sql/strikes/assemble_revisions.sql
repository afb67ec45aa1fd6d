-- The revisions of every strike as rows of core.revisions, with the mapped fields that each of them changed.
WITH
pairs AS (
    SELECT
        strike_id,
        revision,
        record_id,
        lag(record_id) OVER (PARTITION BY strike_id ORDER BY revision) AS record_before
    FROM named_revisions
),

compared AS (
    SELECT record_id
    FROM pairs
    WHERE record_before IS NOT NULL
    UNION
    SELECT record_before AS record_id
    FROM pairs
    WHERE record_before IS NOT NULL
),

plain AS (
    SELECT
        texts.* EXCLUDE (geometry),
        left(ST_AsText(ST_GeomFromWKB(texts.geometry)), 200) AS geometry
    FROM texts
    SEMI JOIN compared ON texts.record_id = compared.record_id
),

field_values AS (
    FROM plain UNPIVOT INCLUDE NULLS (value FOR field IN (COLUMNS(* EXCLUDE (record_id))))
),

changes AS (
    SELECT
        pairs.strike_id,
        pairs.revision,
        '{' || string_agg(
            to_json(own.field) || ':' || json_array(previous.value, own.value), ',' ORDER BY own.field
        ) || '}' AS changes
    FROM pairs
    INNER JOIN field_values AS own ON pairs.record_id = own.record_id
    INNER JOIN field_values AS previous ON pairs.record_before = previous.record_id AND own.field = previous.field
    WHERE own.value IS DISTINCT FROM previous.value
    GROUP BY pairs.strike_id, pairs.revision
)

SELECT
    named_revisions.strike_id,
    $theatre AS theatre,
    $source AS source,
    named_revisions.source_key,
    named_revisions.revision,
    named_revisions.status,
    named_revisions.is_last,
    named_revisions.known_from,
    named_revisions.known_to,
    named_revisions.ended_by,
    named_revisions.last_seen,
    named_revisions.record_id,
    named_revisions.export_id,
    named_revisions.sightings,
    named_revisions.repeats,
    coalesce(changes.changes, '{}') AS changes,
    dated.date_from,
    dated.date_to,
    dated.place,
    dated.province,
    dated.latitude,
    dated.longitude
FROM named_revisions
INNER JOIN dated ON named_revisions.record_id = dated.record_id
LEFT JOIN changes
    ON named_revisions.strike_id = changes.strike_id AND named_revisions.revision = changes.revision
ORDER BY named_revisions.strike_id, named_revisions.revision;
