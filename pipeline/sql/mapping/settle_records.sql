-- One outcome for each record; see pipeline.mapping.settle for the rule.
CREATE OR REPLACE TEMP TABLE settled AS
WITH
refused_records AS (
    SELECT DISTINCT record_id FROM refused
),

usable AS (
    SELECT
        fields.record_id,
        fields.source_key,
        fields.content_digest,
        fields.export_id,
        row_number() OVER (
            ORDER BY fields.received_at, fields.export_id, fields.layer, fields.record_no
        ) AS position
    FROM fields
    ANTI JOIN refused_records ON fields.record_id = refused_records.record_id
),

first_of_export AS (
    SELECT
        *,
        first_value(content_digest) OVER (
            PARTITION BY source_key, export_id ORDER BY position
        ) AS export_content
    FROM usable
),

consistent AS (
    SELECT * FROM first_of_export
    WHERE content_digest = export_content
),

current_content AS (
    SELECT
        source_key,
        arg_max(content_digest, position) AS content_digest
    FROM consistent
    GROUP BY source_key
),

accepted AS (
    SELECT
        consistent.source_key,
        min(consistent.position) AS position
    FROM consistent
    INNER JOIN current_content
        ON
            consistent.source_key = current_content.source_key
            AND consistent.content_digest = current_content.content_digest
    GROUP BY consistent.source_key
)

SELECT
    fields.record_id,
    fields.export_id,
    first_of_export.source_key,
    CASE
        WHEN first_of_export.record_id IS NULL THEN 'quarantined'
        WHEN first_of_export.content_digest <> first_of_export.export_content THEN 'quarantined'
        WHEN accepted.position = first_of_export.position THEN 'accepted'
        WHEN first_of_export.content_digest = current_content.content_digest THEN 'duplicate'
        ELSE 'superseded'
    END AS outcome,
    coalesce(first_of_export.content_digest <> first_of_export.export_content, FALSE) AS is_conflict
FROM fields
LEFT JOIN first_of_export ON fields.record_id = first_of_export.record_id
LEFT JOIN accepted ON first_of_export.source_key = accepted.source_key
LEFT JOIN current_content ON first_of_export.source_key = current_content.source_key;
