-- Rows of marts.sensitivity: the finding under each method choice, beside the baseline of its source and window.
WITH
chosen AS (
    SELECT
        measured.source,
        measured.window_name,
        choices.choice_no,
        choices.choice,
        choices.variant,
        choices.about,
        measured.n,
        measured.at_point,
        CASE WHEN choices.is_at_point THEN measured.at_point ELSE measured.expected END AS expected,
        measured.lower_t10,
        measured.upper_t10
    FROM measured
    INNER JOIN choices
        ON
            measured.attribution_no = choices.attribution_no
            AND measured.filter_name = choices.filter_name
            AND measured.unit = choices.unit
),

compared AS (
    SELECT
        chosen.*,
        round(chosen.expected - baseline.expected, 9) AS change
    FROM chosen
    INNER JOIN chosen AS baseline
        ON
            chosen.source = baseline.source
            AND chosen.window_name = baseline.window_name
            AND baseline.choice = 'baseline'
)

SELECT
    $theatre AS theatre,
    source,
    window_name AS "window",
    choice_no,
    choice,
    variant,
    about,
    n,
    at_point AS not_focus_at_point,
    expected AS not_focus_expected,
    lower_t10 AS not_focus_lower_t10,
    upper_t10 AS not_focus_upper_t10,
    change,
    CASE
        WHEN choice <> 'baseline' AND change IS NOT NULL
            THEN rank() OVER (
                PARTITION BY source, window_name, choice = 'baseline'
                ORDER BY abs(change) DESC NULLS LAST
            )
    END AS change_rank,
    expected > 0.5 AS finding_stands
FROM compared
ORDER BY source, "window", choice_no;
