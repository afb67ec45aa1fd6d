-- Headlines in episodes, in the order of their windows.
SELECT *
FROM headlines
WHERE theatre = $theatre AND unit = 'episode'
ORDER BY source ASC, window_from ASC, window_to DESC, "window" ASC, filter ASC;
