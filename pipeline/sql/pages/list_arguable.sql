-- Strikes that could be argued either way: under each reason that could bring a strike to the other side
-- (marts.explanations.doubts), the heaviest ones, a place once under each.
WITH
weighed AS (
    SELECT
        strikes.strike_id,
        strikes.place,
        strikes.record_id,
        strikes.export_id,
        strikes.source,
        concat_ws(' ', round(strikes.longitude, 6), round(strikes.latitude, 6)) AS coordinate,
        unnest(json_keys(explanations.doubts)) AS reason,
        unnest(CAST(json_extract(explanations.doubts, '$.*') AS DOUBLE[])) AS weight
    FROM explanations
    INNER JOIN strikes ON explanations.strike_id = strikes.strike_id
    WHERE
        strikes.theatre = $theatre
        AND strikes.source = $source
        AND strikes.date_from BETWEEN $first_day AND $last_day
        AND NOT strikes.is_background
),

by_place AS (
    SELECT *
    FROM weighed
    WHERE weight > 0
    QUALIFY row_number() OVER (PARTITION BY reason, coordinate ORDER BY weight DESC, strike_id ASC) = 1
),

heaviest AS (
    SELECT *
    FROM by_place
    QUALIFY row_number() OVER (PARTITION BY reason ORDER BY weight DESC, strike_id ASC) <= $count
)

SELECT
    heaviest.*,
    attribution.controller,
    attribution.certainty,
    attribution.focus_share,
    explanations.* EXCLUDE (theatre, source, strike_id),
    records.layer,
    records.record_no,
    records.line_no,
    records.properties,
    exports.file_name
FROM heaviest
INNER JOIN attribution ON heaviest.strike_id = attribution.strike_id
INNER JOIN explanations ON heaviest.strike_id = explanations.strike_id
INNER JOIN records ON heaviest.record_id = records.record_id AND heaviest.source = records.source
INNER JOIN exports ON heaviest.export_id = exports.export_id AND heaviest.source = exports.source
ORDER BY heaviest.weight DESC, heaviest.reason ASC, heaviest.strike_id ASC;
