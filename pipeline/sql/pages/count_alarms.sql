-- Alarms of the main source, by kind.
SELECT
    alarm,
    CAST(count(*) AS BIGINT) AS strikes
FROM alarms
WHERE theatre = $theatre AND source = $source
GROUP BY alarm
ORDER BY strikes DESC, alarm ASC;
