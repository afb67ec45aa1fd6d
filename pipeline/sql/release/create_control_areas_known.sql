-- Control areas with when they were known: by the receipts of the exports whose records draw them, or, for areas made
-- of all observations of a source, by that of its newest export.
CREATE VIEW core.control_areas_known AS
WITH
behind AS (
    SELECT
        area_id,
        unnest(from_json(record_ids, '["VARCHAR"]')) AS record_id
    FROM core.control_areas
),

drawn AS (
    SELECT
        behind.area_id,
        min(receipts.received_at) AS known_from,
        max(receipts.received_at) AS last_seen
    FROM behind
    INNER JOIN core.record_outcomes AS outcomes ON behind.record_id = outcomes.record_id
    INNER JOIN core.receipts AS receipts
        ON
            outcomes.theatre = receipts.theatre
            AND outcomes.source = receipts.source
            AND outcomes.export_id = receipts.export_id
    GROUP BY behind.area_id
),

newest AS (
    SELECT
        theatre,
        source,
        max(received_at) AS received_at
    FROM core.receipts
    WHERE state = 'applied'
    GROUP BY theatre, source
)

SELECT
    areas.*,
    coalesce(drawn.known_from, newest.received_at) AS known_from,
    coalesce(drawn.last_seen, newest.received_at) AS last_seen
FROM core.control_areas AS areas
LEFT JOIN drawn ON areas.area_id = drawn.area_id
LEFT JOIN newest ON areas.theatre = newest.theatre AND areas.source = newest.source
ORDER BY areas.theatre, areas.source, areas.valid_from, areas.area_id
