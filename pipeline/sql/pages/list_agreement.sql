-- How often each control map agrees with the main source.
SELECT
    about,
    n,
    share
FROM agreement
WHERE theatre = $theatre AND source = $source
ORDER BY answer_no;
