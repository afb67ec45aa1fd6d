-- One point a reported strike location, with all that the map filters or colours by. Days are counted from 1970-01-01.
CREATE OR REPLACE TEMP TABLE strikes AS
SELECT
    row_number() OVER (ORDER BY s.date_from, s.source, s.strike_id) AS feature,
    {
        'strike_id': s.strike_id,
        'episode_id': coalesce(e.episode_id, s.strike_id),
        'source': s.source,
        'place': s.place,
        'province': s.province,
        'date_from': strftime(s.date_from, '%Y-%m-%d'),
        'date_to': strftime(s.date_to, '%Y-%m-%d'),
        'day_from': date_diff('day', DATE '1970-01-01', s.date_from),
        'day_to': date_diff('day', DATE '1970-01-01', s.date_to),
        'controller': coalesce(a.controller, 'unknown'),
        'parties': nullif(array_to_string(json_extract_string(a.parties, '$[*]'), ', '), ''),
        'status': coalesce(a.status, 'no_snapshot'),
        'certainty': coalesce(a.certainty, 'uncertain'),
        'focus_share': round(a.focus_share, 4),
        'other_share': round(a.other_share, 4),
        'unknown_share': round(a.unknown_share, 4),
        'confidence': s.confidence,
        'claimed_controller': s.claimed_controller,
        'precision_m': s.precision_m,
        'is_area': s.is_area,
        'is_background': s.is_background
    } AS properties,
    ST_Transform(ST_Point(s.longitude, s.latitude), 'OGC:CRS84', 'EPSG:3857') AS shape
FROM strike_rows AS s
LEFT JOIN attribution_rows AS a USING (strike_id)
LEFT JOIN episode_rows AS e USING (strike_id)
WHERE s.theatre = $theatre
ORDER BY feature;
