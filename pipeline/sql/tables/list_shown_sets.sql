-- Which bins make up each set of marts.headline that shows a share. Bins are those of list_contributions.sql.
WITH
shown AS (
    SELECT
        figures.set_no,
        figures.unit,
        figures.expected
    FROM figures
    INNER JOIN sets ON figures.set_no = sets.set_no
    WHERE figures.is_shown AND sets.filter_name NOT IN ('certain_only', 'with_background')
),

bins AS (
    SELECT
        cell AS bin,
        set_no
    FROM cell_sets
    UNION ALL
    SELECT DISTINCT
        -set_no AS bin,
        set_no
    FROM scattered_strikes
)

SELECT
    shown.unit,
    shown.set_no,
    bins.bin,
    shown.expected
FROM shown
INNER JOIN bins ON shown.set_no = bins.set_no
ORDER BY shown.unit, shown.set_no, bins.bin;
