-- Lines along which two controllers' ground touches, dated as the areas are.
CREATE OR REPLACE TEMP TABLE fronts AS
SELECT
    row_number() OVER (ORDER BY valid_from, controller_a, controller_b, front_id) AS feature,
    {
        'controller_a': controller_a,
        'controller_b': controller_b,
        'valid_from': strftime(valid_from, '%Y-%m-%d'),
        'valid_to': strftime(valid_to, '%Y-%m-%d'),
        'day_from': date_diff('day', DATE '1970-01-01', valid_from),
        'day_until': date_diff('day', DATE '1970-01-01', valid_to)
    } AS properties,
    ST_SimplifyPreserveTopology(
        ST_Transform(ST_GeomFromWKB(geometry), 'OGC:CRS84', 'EPSG:3857'), $finest
    ) AS shape
FROM front_rows
WHERE theatre = $theatre AND source = $control_source
ORDER BY feature;
