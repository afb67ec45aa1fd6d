-- The effective window of each strike: the exact date where it lies in the report's window; days named in the note;
-- days that the report adds; days after the previous report's end; the whole window. (METHODS, "Unit of count".)
WITH
previous_report AS (
    SELECT
        located.record_id,
        max(reports.period_to) AS previous_to
    FROM located
    INNER JOIN reports
        ON
            reports.period_to < located.period_to
            AND reports.period_from <= located.period_from
    WHERE $is_cumulative
    GROUP BY located.record_id
),

additions_of_report AS (
    SELECT
        report_url,
        min(date_from) AS date_from,
        max(date_to) AS date_to,
        count(DISTINCT row(date_from, date_to)) AS spans
    FROM additions
    WHERE starts_with(status, 'struck')
    GROUP BY report_url
),

additions_of_province AS (
    SELECT
        report_url,
        province,
        min(date_from) AS date_from,
        max(date_to) AS date_to
    FROM additions
    WHERE starts_with(status, 'struck')
    GROUP BY report_url, province
),

added AS (
    SELECT
        located.record_id,
        coalesce(additions_of_province.date_from, additions_of_report.date_from) AS date_from,
        coalesce(additions_of_province.date_to, additions_of_report.date_to) AS date_to
    FROM located
    LEFT JOIN additions_of_province
        ON
            located.report_url = additions_of_province.report_url
            AND located.province = additions_of_province.province
    LEFT JOIN additions_of_report
        ON located.report_url = additions_of_report.report_url AND additions_of_report.spans = 1
),

candidates AS (
    SELECT
        located.*,
        located.date_exact BETWEEN located.period_from AND coalesce(located.period_to, located.date_exact) AS is_exact,
        coalesce(
            located.date_exact NOT BETWEEN located.period_from AND coalesce(located.period_to, located.date_exact), FALSE
        ) AS is_background,
        greatest(added.date_from, located.period_from) AS added_from,
        least(added.date_to, located.period_to) AS added_to,
        greatest(previous_report.previous_to + 1, located.period_from) AS after_previous_from
    FROM located
    LEFT JOIN added ON located.record_id = added.record_id
    LEFT JOIN previous_report ON located.record_id = previous_report.record_id
),

decided AS (
    SELECT
        *,
        CASE
            WHEN period_from IS NULL AND reported_from = reported_to THEN 'exact'
            WHEN period_from IS NULL THEN 'interval'
            WHEN is_exact OR is_background THEN 'exact'
            WHEN note_from <= note_to THEN 'note'
            WHEN
                added_from <= added_to
                AND added_to - added_from < reported_to - reported_from
                THEN 'report_addition'
            WHEN after_previous_from BETWEEN reported_from + 1 AND reported_to THEN 'after_previous_report'
            ELSE 'report_window'
        END AS date_basis
    FROM candidates
)

SELECT
    decided.* EXCLUDE (date_from, date_to),
    CASE date_basis
        WHEN 'exact' THEN CASE WHEN period_from IS NULL THEN reported_from ELSE date_exact END
        WHEN 'note' THEN note_from
        WHEN 'report_addition' THEN added_from
        WHEN 'after_previous_report' THEN CAST(after_previous_from AS DATE)
        ELSE reported_from
    END AS date_from,
    CASE date_basis
        WHEN 'exact' THEN CASE WHEN period_from IS NULL THEN reported_from ELSE date_exact END
        WHEN 'note' THEN note_to
        WHEN 'report_addition' THEN added_to
        ELSE reported_to
    END AS date_to
FROM decided
ORDER BY record_id;
