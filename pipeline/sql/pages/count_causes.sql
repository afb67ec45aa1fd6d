-- The main source's stated holders against the control map: agreement, and disagreements by likely cause.
SELECT
    likely_cause,
    CAST(count(*) AS BIGINT) AS strikes,
    CAST(count(*) FILTER (WHERE agrees_on_focus) AS BIGINT) AS agree_on_focus
FROM consistency
WHERE theatre = $theatre AND source = $source
GROUP BY likely_cause
ORDER BY likely_cause IS NOT NULL, strikes DESC, likely_cause ASC;
