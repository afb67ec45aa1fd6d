-- Rows of marts.sensitivity: the finding under each method choice, beside the baseline of its source and window.
WITH
chosen AS (
    SELECT
        measured.source,
        measured.window_name,
        choices.choice,
        choices.variant,
        measured.n,
        measured.at_point,
        CASE WHEN choices.is_at_point THEN measured.at_point ELSE measured.expected END AS expected
    FROM measured
    INNER JOIN choices
        ON
            measured.attribution_no = choices.attribution_no
            AND measured.filter_name = choices.filter_name
            AND measured.unit = choices.unit
)

SELECT
    $theatre AS theatre,
    chosen.source,
    chosen.window_name AS "window",
    chosen.choice,
    chosen.variant,
    chosen.n,
    chosen.at_point AS not_focus_at_point,
    chosen.expected AS not_focus_expected,
    round(chosen.expected - baseline.expected, 9) AS change,
    chosen.expected > 0.5 AS finding_stands
FROM chosen
INNER JOIN chosen AS baseline
    ON
        chosen.source = baseline.source
        AND chosen.window_name = baseline.window_name
        AND baseline.choice = 'baseline'
ORDER BY chosen.source, "window", chosen.choice <> 'baseline', chosen.choice, chosen.variant;
