-- Rows of marts.claims_vs_control: the claims of marts.claims counted by who held the centre.
WITH
placed AS (
    SELECT
        claims.source,
        windows.window_name,
        claims.claimed_controller,
        claims.controller,
        claims.is_area,
        claims.is_located,
        claims.is_elsewhere
    FROM claims
    INNER JOIN windows ON claims.date_from BETWEEN windows.window_from AND windows.window_to
),

counted AS (
    SELECT
        source,
        window_name,
        claimed_controller,
        count(*) AS claims,
        count(*) FILTER (WHERE is_located) AS n,
        CASE WHEN claimed_controller <> 'generic' THEN count(*) FILTER (WHERE is_located AND is_elsewhere) END
            AS elsewhere,
        CASE WHEN claimed_controller <> 'generic' THEN count(*) FILTER (WHERE is_located AND is_elsewhere IS NULL) END
            AS not_known,
        count(*) FILTER (WHERE is_located AND NOT is_area) AS n_points,
        CASE
            WHEN claimed_controller <> 'generic' THEN count(*) FILTER (WHERE is_located AND NOT is_area AND is_elsewhere)
        END AS elsewhere_points,
        CASE
            WHEN claimed_controller <> 'generic'
                THEN count(*) FILTER (WHERE is_located AND NOT is_area AND is_elsewhere IS NULL)
        END AS not_known_points
    FROM placed
    GROUP BY source, window_name, claimed_controller
),

by_holder AS (
    SELECT
        source,
        window_name,
        claimed_controller,
        controller,
        count(*) AS claims
    FROM placed
    WHERE is_located
    GROUP BY source, window_name, claimed_controller, controller
),

listed AS (
    SELECT
        source,
        window_name,
        claimed_controller,
        '{' || string_agg('"' || controller || '":' || claims, ',' ORDER BY claims DESC, controller ASC) || '}' AS holders
    FROM by_holder
    GROUP BY source, window_name, claimed_controller
)

SELECT
    $theatre AS theatre,
    counted.source,
    counted.window_name AS "window",
    counted.claimed_controller,
    counted.claims,
    counted.n,
    coalesce(listed.holders, '{}') AS holders,
    counted.elsewhere,
    CASE WHEN counted.n >= $fewest THEN round(counted.elsewhere / counted.n, 9) END AS share_elsewhere,
    counted.not_known,
    counted.n_points,
    counted.elsewhere_points,
    counted.not_known_points
FROM counted
LEFT JOIN listed
    ON
        counted.source = listed.source
        AND counted.window_name = listed.window_name
        AND counted.claimed_controller = listed.claimed_controller
ORDER BY counted.source, "window", counted.claimed_controller;
