-- Controllers with a share of some disc that no group of the theatre holds.
SELECT DISTINCT held.controller
FROM held
ANTI JOIN groups ON held.controller = groups.controller
ORDER BY held.controller;
