-- Strikes that could have been meant: of that key in their source, else those whose id is spelled most alike.
SELECT
    strike_id,
    source,
    source_key,
    source_key = $strike_id AS is_key
FROM read_parquet($revisions)
WHERE is_last AND (source_key = $strike_id OR levenshtein(strike_id, $strike_id) <= 4)
ORDER BY is_key DESC, levenshtein(strike_id, $strike_id) ASC, strike_id ASC
LIMIT 3;
