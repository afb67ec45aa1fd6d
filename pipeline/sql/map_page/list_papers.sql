-- What a list of rows names of each strike beside what is counted: its ids, report, status and row of the raw file; in the
-- page's order.
SELECT
    s.strike_id,
    coalesce(e.episode_id, s.strike_id) AS episode_id,
    a.status,
    s.report_url,
    x.file_name,
    r.line_no,
    r.record_no
FROM strike_rows AS s
INNER JOIN attribution_rows AS a ON s.strike_id = a.strike_id
LEFT JOIN episode_rows AS e ON s.strike_id = e.strike_id
LEFT JOIN record_rows AS r ON s.theatre = r.theatre AND s.source = r.source AND s.record_id = r.record_id
LEFT JOIN export_rows AS x ON s.theatre = x.theatre AND s.source = x.source AND s.export_id = x.export_id
WHERE s.theatre = $theatre
ORDER BY s.source, s.date_from, s.date_to, s.strike_id;
