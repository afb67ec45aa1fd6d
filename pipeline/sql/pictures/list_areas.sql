-- Control areas of one source that stand on one day.
SELECT
    controller,
    geometry
FROM control_areas
WHERE theatre = $theatre AND source = $source AND valid_from <= $day AND valid_to > $day
ORDER BY area_id
