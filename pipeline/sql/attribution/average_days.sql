-- Shares and centre averaged over the days of each strike's window.
CREATE OR REPLACE TEMP TABLE windows AS
SELECT
    strike_id,
    any_value(disc_id) AS disc_id,
    sum(days) AS window_days,
    coalesce(sum(days) FILTER (WHERE snapshot_day IS NULL), 0) AS days_without_snapshot,
    min(snapshot_day) AS snapshot_first,
    max(snapshot_day) AS snapshot_last,
    max(age_days) AS snapshot_age_days
FROM probe_days
GROUP BY strike_id;

CREATE OR REPLACE TEMP TABLE shares AS
WITH
known AS (
    SELECT
        probe_days.strike_id,
        snapshot_shares.controller,
        snapshot_shares.parties,
        CAST(
            sum(snapshot_shares.fair_share * probe_days.days) / any_value(windows.window_days) AS DECIMAL(18, 12)
        ) AS share
    FROM probe_days
    INNER JOIN windows ON probe_days.strike_id = windows.strike_id
    INNER JOIN snapshot_shares
        ON probe_days.disc_id = snapshot_shares.disc_id AND probe_days.snapshot_day = snapshot_shares.snapshot_day
    GROUP BY probe_days.strike_id, snapshot_shares.controller, snapshot_shares.parties
),

covered AS (
    SELECT
        windows.strike_id,
        coalesce(sum(known.share), 0) AS known_share
    FROM windows
    LEFT JOIN known ON windows.strike_id = known.strike_id
    GROUP BY windows.strike_id
)

-- Slivers between two drawings of one border are not unknown ground.
SELECT
    known.strike_id,
    known.controller,
    known.parties,
    CASE
        WHEN covered.known_share > 1 - $negligible_share
            THEN CAST(known.share / covered.known_share AS DECIMAL(18, 12))
        ELSE known.share
    END AS share
FROM known
INNER JOIN covered ON known.strike_id = covered.strike_id
UNION ALL
SELECT
    strike_id,
    'unknown' AS controller,
    '[]' AS parties,
    1 - known_share AS share
FROM covered
WHERE known_share <= 1 - $negligible_share;

CREATE OR REPLACE TEMP TABLE centres AS
WITH
by_controller AS (
    SELECT
        probe_days.strike_id,
        coalesce(at_points.controller, 'unknown') AS controller,
        coalesce(at_points.parties, '[]') AS parties,
        sum(probe_days.days) AS days
    FROM probe_days
    LEFT JOIN at_points
        ON probe_days.disc_id = at_points.disc_id AND probe_days.snapshot_day = at_points.snapshot_day
    GROUP BY ALL
)

SELECT
    by_controller.strike_id,
    arg_max(by_controller.controller, (days, -coalesce(priority, 1000), parties, by_controller.controller)) AS controller,
    arg_max(by_controller.parties, (days, -coalesce(priority, 1000), parties, by_controller.controller)) AS parties,
    sum(days) FILTER (WHERE by_controller.controller = $focus) AS focus_days
FROM by_controller
LEFT JOIN priorities ON by_controller.controller = priorities.controller
GROUP BY by_controller.strike_id;
