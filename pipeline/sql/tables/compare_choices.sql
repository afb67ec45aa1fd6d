-- Rows of marts.sensitivity: the finding under each method choice, beside the baseline of its source and window. Unknown
-- ground is not the focus controller's in the expected share, so that a choice that makes most ground unknown would
-- seem to strengthen the finding: such a choice is not ranked, and of the others it is asked what the known ground says.
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
        CASE WHEN NOT choices.is_at_point THEN measured.not_known END AS not_known,
        CASE WHEN NOT choices.is_at_point THEN measured.lower_t10 END AS lower_t10,
        CASE WHEN NOT choices.is_at_point THEN measured.upper_t10 END AS upper_t10,
        coalesce(measured.not_known, 0) <= 0.5 AS is_telling
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
        chosen.choice = 'baseline' AS is_baseline,
        round(chosen.expected - baseline.expected, 9) AS change,
        CASE
            WHEN chosen.not_known < 1 - 1e-9
                THEN round((chosen.expected - chosen.not_known) / (1 - chosen.not_known), 9)
        END AS of_known
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
    not_known AS unknown_share,
    of_known AS not_focus_of_known,
    lower_t10 AS not_focus_lower_t10,
    upper_t10 AS not_focus_upper_t10,
    change,
    CASE
        WHEN NOT is_baseline AND is_telling AND change IS NOT NULL
            THEN rank() OVER (
                PARTITION BY source, window_name
                ORDER BY NOT is_baseline AND is_telling AND change IS NOT NULL DESC, abs(change) DESC
            )
    END AS change_rank,
    CASE WHEN is_telling THEN coalesce(of_known, expected) > 0.5 END AS finding_stands,
    CASE WHEN is_telling THEN lower_t10 > 0.5 END AS is_secure
FROM compared
ORDER BY source, "window", choice_no;
