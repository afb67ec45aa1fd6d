-- What is said of each strike when it is opened: why it counts as it does, the row of the raw file behind it, and what
-- people corrected in that row; in the page's order.
WITH corrections AS (
    SELECT
        source,
        record_id,
        list(
            struct_pack(field := field, before := value_before, after := value_after, who := who, why := why)
            ORDER BY field
        ) AS corrected
    FROM override_rows
    WHERE theatre = $theatre AND state = 'applied'
    GROUP BY source, record_id
)

SELECT
    s.strike_id,
    s.claimed_actor,
    s.stated_holder,
    s.report_url,
    s.report_title,
    s.published,
    s.note,
    a.parties,
    a.shares,
    w.counts_as,
    w.days_counted,
    w.place_searched,
    w.control_used,
    w.ground_found,
    w.how_sure,
    w.would_change,
    x.file_name,
    r.layer,
    r.record_no,
    r.line_no,
    r.properties,
    c.corrected
FROM strike_rows AS s
INNER JOIN attribution_rows AS a USING (strike_id)
LEFT JOIN explanation_rows AS w USING (strike_id)
LEFT JOIN record_rows AS r ON s.theatre = r.theatre AND s.source = r.source AND s.record_id = r.record_id
LEFT JOIN export_rows AS x ON s.theatre = x.theatre AND s.source = x.source AND s.export_id = x.export_id
LEFT JOIN corrections AS c ON s.source = c.source AND s.record_id = c.record_id
WHERE s.theatre = $theatre
ORDER BY s.source, s.date_from, s.date_to, s.strike_id;
