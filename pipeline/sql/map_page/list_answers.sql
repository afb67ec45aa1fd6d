-- The different answers to the question who held the ground: shares of the disc as the figures count them, and by holder.
SELECT
    focus_share AS focus,
    other_share AS other,
    unknown_share AS unknown,
    focus_at_point AS point,
    shares,
    row_number() OVER (ORDER BY focus_share, other_share, unknown_share, focus_at_point, shares) - 1 AS answer
FROM attribution_rows
WHERE theatre = $theatre
GROUP BY focus_share, other_share, unknown_share, focus_at_point, shares
ORDER BY answer;
