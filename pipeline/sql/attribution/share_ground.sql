-- Who held the centre and what share of the disc each controller held, for each disc and snapshot. A centre on a shared
-- border belongs to the controller of the lowest priority number (theatre file), then to the first area id.
CREATE OR REPLACE TEMP TABLE at_points AS
SELECT
    disc_id,
    snapshot_day,
    arg_min(controller, (priority, area_id)) AS controller,
    arg_min(parties, (priority, area_id)) AS parties
FROM hits
WHERE at_point
GROUP BY disc_id, snapshot_day;

CREATE OR REPLACE TEMP TABLE snapshot_shares AS
WITH
known AS (
    SELECT
        hits.disc_id,
        hits.snapshot_day,
        hits.controller,
        hits.parties,
        sum(hits.share) AS share
    FROM hits
    INNER JOIN discs ON hits.disc_id = discs.disc_id
    WHERE discs.radius_m > 0
    GROUP BY hits.disc_id, hits.snapshot_day, hits.controller, hits.parties
    UNION ALL
    SELECT
        at_points.disc_id,
        at_points.snapshot_day,
        at_points.controller,
        at_points.parties,
        1 AS share
    FROM at_points
    INNER JOIN discs ON at_points.disc_id = discs.disc_id
    WHERE discs.radius_m = 0
)

SELECT
    *,
    -- Rounding can bring a sum a hair above one.
    CAST(share / greatest(1, sum(share) OVER (PARTITION BY disc_id, snapshot_day)) AS DECIMAL(18, 12)) AS fair_share
FROM known
WHERE share > 0;
