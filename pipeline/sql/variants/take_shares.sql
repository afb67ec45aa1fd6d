-- An attribution with the shares that were found in place of its own; a strike that was not asked keeps its own.
SELECT
    own.* REPLACE (
        coalesce(found.focus_share, own.focus_share) AS focus_share,
        coalesce(found.other_share, own.other_share) AS other_share,
        coalesce(found.unknown_share, own.unknown_share) AS unknown_share,
        coalesce(found.focus_at_point, own.focus_at_point) AS focus_at_point
    )
FROM own
LEFT JOIN found ON own.strike_id = found.strike_id
ORDER BY own.strike_id;
