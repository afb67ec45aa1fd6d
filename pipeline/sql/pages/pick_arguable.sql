-- Strikes that could be argued either way. Each is taken under its heaviest reason (marts.explanations.doubts); reasons
-- take turns, the heaviest strike of each first; a place comes once.
WITH
weighed AS (
    SELECT
        strike_id,
        unnest(json_keys(doubts)) AS reason,
        unnest(CAST(json_extract(doubts, '$.*') AS DOUBLE [])) AS weight
    FROM explanations
),

heaviest AS (
    SELECT
        strike_id,
        arg_max(reason, (weight, reason)) AS reason,
        max(weight) AS weight,
        sum(weight) AS total
    FROM weighed
    GROUP BY strike_id
    HAVING max(weight) > 0
),

placed AS (
    SELECT
        strikes.strike_id,
        strikes.place,
        strikes.record_id,
        strikes.export_id,
        strikes.source,
        strikes.report_url,
        strikes.report_title,
        heaviest.* EXCLUDE (strike_id)
    FROM heaviest
    INNER JOIN strikes ON heaviest.strike_id = strikes.strike_id
    WHERE
        strikes.theatre = $theatre
        AND strikes.source = $source
        AND strikes.date_from BETWEEN $first_day AND $last_day
        AND NOT strikes.is_background
    QUALIFY row_number() OVER (
        PARTITION BY round(strikes.longitude, 6), round(strikes.latitude, 6)
        ORDER BY heaviest.weight DESC, heaviest.total DESC, strikes.strike_id ASC
    ) = 1
),

picked AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY reason ORDER BY weight DESC, total DESC, strike_id ASC) AS turn
    FROM placed
    ORDER BY turn ASC, weight DESC, total DESC, strike_id ASC
    LIMIT $count
)

SELECT
    picked.*,
    attribution.controller,
    attribution.certainty,
    attribution.focus_share,
    explanations.* EXCLUDE (theatre, source, strike_id),
    records.layer,
    records.record_no,
    records.line_no,
    records.properties,
    exports.file_name
FROM picked
INNER JOIN attribution ON picked.strike_id = attribution.strike_id
INNER JOIN explanations ON picked.strike_id = explanations.strike_id
INNER JOIN records ON picked.record_id = records.record_id AND picked.source = records.source
INNER JOIN exports ON picked.export_id = exports.export_id AND picked.source = exports.source
ORDER BY picked.turn ASC, picked.weight DESC, picked.total DESC, picked.strike_id ASC;
