-- The revisions of every strike as rows of core.revisions, with the mapped fields that each of them changed.
WITH
revised AS (
    SELECT DISTINCT strike_id
    FROM named_revisions
    WHERE revision > 1
),

plain AS (
    SELECT
        named_revisions.strike_id,
        named_revisions.revision,
        texts.* EXCLUDE (record_id, geometry),
        left(ST_AsText(ST_GeomFromWKB(texts.geometry)), 200) AS geometry
    FROM named_revisions
    SEMI JOIN revised ON named_revisions.strike_id = revised.strike_id
    INNER JOIN texts ON named_revisions.record_id = texts.record_id
),

field_values AS (
    FROM plain UNPIVOT INCLUDE NULLS (value FOR field IN (COLUMNS(* EXCLUDE (strike_id, revision))))
),

stepped AS (
    SELECT
        *,
        lag(value) OVER (PARTITION BY strike_id, field ORDER BY revision) AS value_before
    FROM field_values
),

changes AS (
    SELECT
        strike_id,
        revision,
        '{' || string_agg(to_json(field) || ':' || json_array(value_before, value), ',' ORDER BY field) || '}' AS changes
    FROM stepped
    WHERE revision > 1 AND value IS DISTINCT FROM value_before
    GROUP BY strike_id, revision
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
