-- THE JOIN: each disc on each snapshot that it needs, against the areas that stand then. One replaceable step with what
-- measures the pairs (`overlay`): what follows needs only `hits` (disc_id, snapshot_day, controller, parties, priority,
-- area_id, at_point, share).
CREATE OR REPLACE TEMP TABLE hits AS
WITH wanted AS (
    SELECT DISTINCT
        disc_id,
        snapshot_day
    FROM probe_days
    WHERE snapshot_day IS NOT NULL
)

SELECT
    measured.disc_id,
    wanted.snapshot_day,
    snapshot_areas.controller,
    snapshot_areas.parties,
    coalesce(priorities.priority, 1000) AS priority,
    snapshot_areas.area_id,
    measured.at_point,
    -- Shares are decimals from here on: their sums are exact, so no order of rows or threads shows in a figure.
    CAST(measured.share AS DECIMAL(18, 12)) AS share
FROM measured
INNER JOIN wanted ON measured.disc_id = wanted.disc_id
INNER JOIN snapshot_areas
    ON measured.shape_id = snapshot_areas.shape_id AND wanted.snapshot_day = snapshot_areas.snapshot_day
LEFT JOIN priorities ON snapshot_areas.controller = priorities.controller;
