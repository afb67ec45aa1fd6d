-- Rows of marts.agreement: each answer to "was it the focus controller's?" against the holder that the source states.
WITH
stated AS (
    SELECT
        source,
        strike_id,
        stated_holder = $focus AS is_focus
    FROM strikes
    WHERE stated_holder IS NOT NULL AND NOT is_background AND date_from BETWEEN $first_day AND $last_day
),

given AS (
    SELECT
        stated.source,
        stated.is_focus,
        answers.answer_no,
        answers.answer,
        answers.about,
        answers.focus_at_point >= 0.5 AS says_focus
    FROM stated
    INNER JOIN answers ON stated.strike_id = answers.strike_id
    UNION ALL
    SELECT
        source,
        is_focus,
        1000 AS answer_no,
        'never' AS answer,
        'Always answering that it was not ' || $focus_label || '''s, without looking' AS about,
        FALSE AS says_focus
    FROM stated
)

SELECT
    $theatre AS theatre,
    source,
    CAST(row_number() OVER (PARTITION BY source ORDER BY answer_no) - 1 AS BIGINT) AS answer_no,
    answer,
    about,
    count(*) AS n,
    count(*) FILTER (WHERE says_focus = is_focus) AS agree,
    CASE WHEN count(*) >= $fewest THEN round(count(*) FILTER (WHERE says_focus = is_focus) / count(*), 9) END AS share
FROM given
GROUP BY source, given.answer_no, answer, about
ORDER BY source, answer_no;
