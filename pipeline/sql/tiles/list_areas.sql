-- Control areas of the source in force. The area stands from day_from up to, but not on, day_until.
-- What the largest zoom cannot show ($finest, metres of Web Mercator) is left out at once: later steps are faster for it.
CREATE OR REPLACE TEMP TABLE areas AS
SELECT
    row_number() OVER (ORDER BY valid_from, controller, area_id) AS feature,
    {
        'area_id': area_id,
        'controller': controller,
        'parties': nullif(array_to_string(json_extract_string(parties, '$[*]'), ', '), ''),
        'valid_from': strftime(valid_from, '%Y-%m-%d'),
        'valid_to': strftime(valid_to, '%Y-%m-%d'),
        'day_from': date_diff('day', DATE '1970-01-01', valid_from),
        'day_until': date_diff('day', DATE '1970-01-01', valid_to),
        'method': method
    } AS properties,
    ST_SimplifyPreserveTopology(
        ST_Transform(ST_GeomFromWKB(geometry), 'OGC:CRS84', 'EPSG:3857'), $finest
    ) AS shape
FROM area_rows
WHERE theatre = $theatre AND source = $control_source
ORDER BY feature;
