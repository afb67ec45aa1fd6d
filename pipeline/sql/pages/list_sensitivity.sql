-- Method choices of the main source and window: the baseline first, then what moves the finding most, then what says
-- nothing and has no rank.
SELECT
    choice,
    variant,
    about,
    n,
    not_focus_expected,
    not_focus_lower_t10,
    not_focus_upper_t10,
    change,
    finding_stands
FROM sensitivity
WHERE theatre = $theatre AND source = $source AND "window" = $window_name AND not_focus_expected IS NOT NULL
ORDER BY choice <> 'baseline', change_rank ASC NULLS LAST, choice_no ASC;
