-- Claims of a target, each with its test against who held the place.
SELECT
    strike_id,
    claimed_controller AS claimed,
    is_located,
    is_elsewhere
FROM claim_rows
WHERE theatre = $theatre
ORDER BY strike_id;
