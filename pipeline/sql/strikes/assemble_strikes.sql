-- The accepted strikes as rows of core.strikes.
WITH sightings AS (
    SELECT
        target_id,
        count(*) AS sightings
    FROM outcomes
    WHERE outcome <> 'quarantined'
    GROUP BY target_id
)

SELECT
    's' || left(sha256($theatre || '|' || $source || '|' || dated.source_key), 16) AS strike_id,
    $theatre AS theatre,
    $source AS source,
    dated.source_key,
    strftime(dated.date_from, '%Y-%m') AS month,
    dated.record_id,
    dated.export_id,
    dated.date_from,
    dated.date_to,
    dated.date_basis,
    dated.reported_from,
    dated.reported_to,
    dated.is_background,
    dated.place,
    dated.province,
    dated.latitude,
    dated.longitude,
    CASE
        WHEN NOT dated.has_coordinate THEN dated.place_precision_m
        ELSE coalesce(dated.own_precision_m, $default_precision_m)
    END AS precision_m,
    CASE
        WHEN NOT dated.has_coordinate THEN 'gazetteer'
        WHEN dated.own_precision_m IS NULL THEN 'default'
        ELSE coalesce(dated.precision_text, 'default of the source')
    END AS precision_basis,
    dated.location_basis,
    CASE
        WHEN NOT dated.has_coordinate THEN dated.place_precision_m
        ELSE coalesce(dated.own_precision_m, $default_precision_m)
    END > $point_precision_m AS is_area,
    dated.confidence,
    dated.claimed_actor,
    dated.claimed_controller,
    dated.stated_holder,
    dated.report_url,
    dated.report_title,
    dated.published,
    dated.note,
    sightings.sightings
FROM dated
INNER JOIN outcomes ON dated.record_id = outcomes.record_id
INNER JOIN sightings ON outcomes.target_id = sightings.target_id
WHERE outcomes.outcome = 'accepted'
ORDER BY strike_id;
