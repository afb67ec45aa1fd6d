-- One row a strike: shares by controller, i + k + u = 1, status and certainty (docs/methods.md).
WITH
summed AS (
    SELECT
        strike_id,
        coalesce(sum(share) FILTER (WHERE controller = $focus), 0) AS focus_share,
        coalesce(
            sum(share) FILTER (
                WHERE
                controller = 'unknown'
                OR (
                    controller = 'contested'
                    AND (parties = '[]' OR list_contains(from_json(parties, '["VARCHAR"]'), $focus))
                )
            ), 0
        ) AS unknown_share,
        max(share) AS greatest_share
    FROM shares
    GROUP BY strike_id
),

by_controller AS (
    SELECT
        strike_id,
        controller,
        sum(share) AS share
    FROM shares
    GROUP BY strike_id, controller
),

listed AS (
    SELECT
        strike_id,
        '{'
        || string_agg('"' || controller || '":' || CAST(round(share, 9) AS DOUBLE), ',' ORDER BY share DESC, controller ASC)
        || '}' AS shares
    FROM by_controller
    GROUP BY strike_id
),

measured AS (
    SELECT
        windows.*,
        discs.radius_m,
        centres.controller,
        centres.parties,
        listed.shares,
        CAST(summed.focus_share AS DOUBLE) AS focus_share,
        CAST(greatest(0, 1 - summed.focus_share - summed.unknown_share) AS DOUBLE) AS other_share,
        CAST(summed.unknown_share AS DOUBLE) AS unknown_share,
        CAST(summed.greatest_share AS DOUBLE) AS greatest_share,
        coalesce(centres.focus_days, 0) / windows.window_days AS focus_at_point,
        distances.front AS front_distance_m,
        -- As in unknown_share: nobody knows whether the focus controller held such a centre.
        centres.controller = 'unknown'
        OR (
            centres.controller = 'contested'
            AND (centres.parties = '[]' OR list_contains(from_json(centres.parties, '["VARCHAR"]'), $focus))
        ) AS is_centre_in_doubt,
        CASE
            WHEN is_centre_in_doubt THEN NULL
            WHEN centres.controller = $focus THEN distances.focus / nullif(distances.other, 0)
            ELSE distances.other / nullif(distances.focus, 0)
        END AS margin_r
    FROM windows
    INNER JOIN discs ON windows.disc_id = discs.disc_id
    INNER JOIN centres ON windows.strike_id = centres.strike_id
    INNER JOIN summed ON windows.strike_id = summed.strike_id
    INNER JOIN listed ON windows.strike_id = listed.strike_id
    LEFT JOIN distances ON windows.disc_id = distances.disc_id AND windows.snapshot_last = distances.day
)

SELECT
    strike_id,
    controller,
    parties,
    CASE
        WHEN days_without_snapshot = window_days THEN 'no_snapshot'
        WHEN controller = 'unknown' THEN 'gap'
        WHEN controller = 'contested' THEN 'contested'
        WHEN greatest_share < $clear_share THEN 'boundary'
        ELSE 'held'
    END AS status,
    CASE
        WHEN
            is_centre_in_doubt
            OR unknown_share > 1 - $clear_share
            OR (focus_share > 1 - $clear_share AND focus_share < $clear_share)
            OR coalesce(margin_r, 0) > $likely_margin
            THEN 'uncertain'
        WHEN coalesce(margin_r, 0) > $firm_margin THEN 'likely'
        ELSE 'firm'
    END AS certainty,
    focus_share,
    other_share,
    unknown_share,
    focus_at_point,
    shares,
    radius_m,
    CAST(window_days AS BIGINT) AS window_days,
    CAST(days_without_snapshot AS BIGINT) AS days_without_snapshot,
    snapshot_first,
    snapshot_last,
    snapshot_age_days,
    margin_r,
    front_distance_m
FROM measured
ORDER BY strike_id;
