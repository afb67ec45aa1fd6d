-- Pairs of a disc and a polygon that can meet: the polygon stands on a snapshot that the disc needs, and their boxes
-- meet. A polygon stands on many snapshots; a disc is paired with it once.
WITH
-- Materialised, so that days are joined before boxes: the planner would begin with every polygon of every day.
asking AS MATERIALIZED (
    SELECT
        probe_days.snapshot_day,
        discs.disc_id,
        discs.west,
        discs.south,
        discs.east,
        discs.north
    FROM probe_days
    INNER JOIN discs ON probe_days.disc_id = discs.disc_id
),

pairs AS (
    SELECT DISTINCT
        snapshot_areas.shape_id,
        asking.disc_id
    FROM asking
    INNER JOIN snapshot_areas
        ON
            asking.snapshot_day = snapshot_areas.snapshot_day
            AND asking.west <= snapshot_areas.east
            AND asking.east >= snapshot_areas.west
            AND asking.south <= snapshot_areas.north
            AND asking.north >= snapshot_areas.south
)

SELECT
    pairs.shape_id,
    discs.*
FROM pairs
INNER JOIN discs ON pairs.disc_id = discs.disc_id
-- So a batch of pairs needs few polygons.
ORDER BY pairs.shape_id, pairs.disc_id;
