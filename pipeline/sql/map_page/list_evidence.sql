-- All that is known of each strike, with the row of the raw file that it was made from.
SELECT
    s.strike_id,
    s.month,
    s.source_key,
    s.date_basis,
    s.reported_from,
    s.reported_to,
    s.location_basis,
    s.precision_basis,
    s.claimed_actor,
    s.claimed_controller,
    s.stated_holder,
    s.report_url,
    s.report_title,
    s.published,
    s.note,
    s.sightings,
    a.control_source,
    a.parties,
    a.other_share,
    a.unknown_share,
    a.focus_at_point,
    a.shares,
    a.window_days,
    a.days_without_snapshot,
    a.snapshot_first,
    a.snapshot_last,
    a.snapshot_age_days,
    a.margin_r,
    a.front_distance_m,
    x.file_name,
    x.export_id,
    r.layer,
    r.record_no,
    r.line_no,
    r.properties
FROM strike_rows AS s
LEFT JOIN attribution_rows AS a USING (strike_id)
LEFT JOIN record_rows AS r ON s.record_id = r.record_id
LEFT JOIN export_rows AS x ON s.theatre = x.theatre AND s.source = x.source AND s.export_id = x.export_id
WHERE s.theatre = $theatre
ORDER BY s.month, s.strike_id;
