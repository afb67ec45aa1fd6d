-- Claims in the main window, those that name the most first.
SELECT
    source,
    claimed_controller,
    sentence
FROM claims
WHERE theatre = $theatre AND "window" = $window_name AND n > 0 AND elsewhere IS NOT NULL
ORDER BY n DESC, source ASC, claimed_controller ASC;
