-- Each revision of each strike as a row of core.strikes, with its status: those that are current stand there.
WITH seen AS (
    SELECT
        strike_id,
        sum(sightings) AS sightings
    FROM named_revisions
    GROUP BY strike_id
),

-- No location is known better than the grid square or the place that names it, nor than its source says.
radii AS (
    SELECT
        record_id,
        CASE
            WHEN NOT has_coordinate
                THEN greatest(place_precision_m, CASE WHEN precision_text IS NOT NULL THEN own_precision_m END)
            ELSE greatest(coalesce(own_precision_m, $default_precision_m), coalesce(square_m, 0))
        END AS precision_m
    FROM dated
)

SELECT
    named_revisions.strike_id,
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
    radii.precision_m,
    CASE
        WHEN NOT dated.has_coordinate AND radii.precision_m = dated.place_precision_m THEN 'gazetteer'
        WHEN dated.square_m >= radii.precision_m THEN 'grid square'
        WHEN dated.own_precision_m IS NULL THEN 'default'
        ELSE coalesce(dated.precision_text, 'default of the source')
    END AS precision_basis,
    dated.precision_text AS precision_stated,
    dated.location_basis,
    dated.place_matched,
    dated.place_score,
    dated.place_basis,
    radii.precision_m > $point_precision_m AS is_area,
    dated.confidence,
    dated.claimed_actor,
    dated.claimed_controller,
    dated.stated_holder,
    dated.report_url,
    dated.report_title,
    dated.published,
    dated.note,
    named_revisions.revision,
    seen.sightings,
    named_revisions.status
FROM named_revisions
INNER JOIN dated ON named_revisions.record_id = dated.record_id
INNER JOIN radii ON named_revisions.record_id = radii.record_id
INNER JOIN seen ON named_revisions.strike_id = seen.strike_id
ORDER BY named_revisions.strike_id, named_revisions.revision;
