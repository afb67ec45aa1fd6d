-- Rows refused, by source and reason.
SELECT
    source,
    reason_code,
    CAST(count(*) AS BIGINT) AS refusals
FROM quarantine
WHERE theatre = $theatre
GROUP BY source, reason_code
ORDER BY source ASC, refusals DESC, reason_code ASC;
