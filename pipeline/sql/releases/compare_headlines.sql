-- Headlines that differ between two releases: whole sources and windows, counted in episodes. What only one of the two
-- has is null in the other.
WITH
headlines AS (
    SELECT
        theatre,
        source,
        "window",
        n,
        not_focus_expected,
        filename = $headline_before AS is_before
    FROM read_parquet([$headline_before, $headline_after], filename = TRUE)
    WHERE filter = 'all' AND unit = 'episode'
),

paired AS (
    SELECT
        theatre,
        source,
        "window",
        max(n) FILTER (WHERE is_before) AS n_before,
        max(n) FILTER (WHERE NOT is_before) AS n_after,
        max(not_focus_expected) FILTER (WHERE is_before) AS expected_before,
        max(not_focus_expected) FILTER (WHERE NOT is_before) AS expected_after
    FROM headlines
    GROUP BY theatre, source, "window"
)

SELECT *
FROM paired
WHERE
    coalesce(n_before, -1) != coalesce(n_after, -1)
    OR round(coalesce(expected_before, -1), 5) != round(coalesce(expected_after, -1), 5)
ORDER BY theatre, source, "window";
