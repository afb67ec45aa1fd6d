-- Rows of marts.explanations: why each strike counts as it does, in words. The only place where these words stand.
CREATE OR REPLACE TEMP TABLE told_days AS
SELECT
    other_days.strike_id,
    string_agg(
        labels.label || ' on ' || told_number(other_days.reported_days, 'day'),
        ', ' ORDER BY other_days.reported_days DESC, labels.label ASC
    ) AS told,
    sum(other_days.reported_days) FILTER (WHERE is_focus <> (attribution.controller = $focus)) AS crossing_days
FROM (
    SELECT
        strike_id,
        controller,
        controller = $focus AS is_focus,
        sum(reported_days) AS reported_days
    FROM other_days
    WHERE reported_days > 0
    GROUP BY strike_id, controller
) AS other_days
INNER JOIN attribution ON other_days.strike_id = attribution.strike_id
INNER JOIN labels ON other_days.controller = labels.controller
WHERE other_days.controller <> attribution.controller
GROUP BY other_days.strike_id;

CREATE OR REPLACE TEMP TABLE told_alarms AS
SELECT
    alarms.strike_id,
    string_agg(
        CASE
            WHEN alarms.alarm = 'ally_ground'
                THEN 'the centre lies on ground of ' || labels.label || ', whom the attacker was allied to'
            WHEN alarms.alarm IN ('far_from_place', 'far_from_province') THEN 'the coordinate lies ' || alarms.detail
            WHEN alarms.alarm = 'impossible_precision' THEN 'a ' || alarms.detail
            ELSE alarms.detail
        END, '; ' ORDER BY alarms.alarm
    ) AS told
FROM alarms
INNER JOIN attribution ON alarms.strike_id = attribution.strike_id
INNER JOIN labels ON attribution.controller = labels.controller
GROUP BY alarms.strike_id;

CREATE OR REPLACE TEMP TABLE facts AS
SELECT
    strikes.*,
    attribution.* EXCLUDE (strike_id, theatre, source, month, window_days),
    CAST(attribution.window_days AS INTEGER) AS window_days,
    date_diff('day', strikes.reported_from, strikes.reported_to) + 1 AS reported_days,
    told_holder($focus) AS focus_label,
    CAST(
        coalesce(json_extract(attribution.shares, '$."' || attribution.controller || '"'), '0') AS DOUBLE
    ) AS holder_share,
    coalesce(sources.title, strikes.source) AS source_title,
    coalesce(control.title, attribution.control_source) AS control_title,
    count(*) OVER (PARTITION BY episodes.episode_id) AS members,
    told_days.told AS told_days,
    told_alarms.told AS told_alarms,
    coalesce(told_days.crossing_days, 0) AS crossing_days,
    greatest(attribution.radius_m, $near_front_m) AS near_m,
    -- Where neither holds, every line and share near the strike is one between others than the focus controller.
    least(attribution.focus_share, attribution.other_share) > 1 - $clear_share
    OR abs(attribution.focus_at_point - attribution.focus_share) > 1 - $clear_share
    OR coalesce(attribution.margin_r, CASE WHEN EXISTS (SELECT 1 FROM observations) THEN 0 ELSE 1 END) > $firm_margin
        AS is_focus_near
FROM strikes
INNER JOIN attribution ON strikes.strike_id = attribution.strike_id
INNER JOIN episodes ON strikes.strike_id = episodes.strike_id
LEFT JOIN sources ON strikes.source = sources.source
LEFT JOIN sources AS control ON attribution.control_source = control.source
LEFT JOIN told_days ON strikes.strike_id = told_days.strike_id
LEFT JOIN told_alarms ON strikes.strike_id = told_alarms.strike_id;

-- What would change the verdict. Each reason has a weight from 0 to 1: how near it brings the strike to counting on the
-- other side of the focus controller's line; 0 where it could only change who else held the ground.
CREATE OR REPLACE TEMP TABLE reasons AS
SELECT
    strike_id,
    [
        reason FOR reason IN [
            CASE
                WHEN holder_share < $clear_share OR focus_share BETWEEN 1 - $clear_share AND $clear_share
                    THEN {
                        'reason': 'disc',
                        'weight': CASE
                            WHEN is_focus_near
                                THEN greatest(2 * least(focus_share, other_share), abs(focus_at_point - focus_share))
                            ELSE 0
                        END,
                        'said': 'knowing where in the disc it was (' || told_shares(shares) || ')'
                    }
            END,
            CASE
                WHEN unknown_share > 1 - $clear_share
                    THEN {
                        'reason': 'unknown',
                        'weight': unknown_share,
                        'said': 'knowing who held the ' || told_percent(unknown_share) || ' that the control map leaves open'
                        || CASE
                            WHEN days_without_snapshot > 0
                                THEN
                                    ' (no snapshot in force on ' || days_without_snapshot || ' of '
                                    || told_number(window_days, 'day') || ')'
                            ELSE ''
                        END
                    }
            END,
            CASE
                WHEN front_distance_m <= near_m
                    THEN {
                        'reason': 'front',
                        'weight': CASE WHEN is_focus_near THEN 1 - front_distance_m / near_m ELSE 0 END,
                        'said': 'a coordinate ' || told_distance(front_distance_m) || ' off, across the nearest front line'
                    }
            END,
            CASE
                WHEN margin_r > $likely_margin
                    THEN {
                        'reason': 'margin',
                        'weight': least(1, margin_r),
                        'said': 'one more observed place nearby, the nearest of either side being almost equally far'
                    }
            END,
            CASE
                WHEN told_days IS NOT NULL
                    THEN {
                        'reason': 'day',
                        'weight': crossing_days / reported_days,
                        'said': 'another of the ' || told_number(reported_days, 'day') || ' that the source reports ('
                        || told_days || ')'
                    }
            END,
            CASE
                WHEN stated_holder <> controller
                    THEN {
                        'reason': 'stated_holder',
                        'weight': CAST((stated_holder = $focus) <> (controller = $focus) AS INTEGER),
                        'said': 'taking the source''s word, which names ' || told_holder(stated_holder) || ' as the holder'
                    }
            END
        ] IF reason IS NOT NULL
    ] AS found,
    [reason['said'] FOR reason IN found IF reason['weight'] > 0] AS crossing,
    [reason['said'] FOR reason IN found IF reason['weight'] = 0] AS other
FROM facts;

SELECT
    $theatre AS theatre,
    facts.source,
    facts.strike_id,
    coalesce(place, 'Unnamed place') || coalesce(', ' || province, '') || ', reported by ' || source_title || '.' AS what,
    CASE
        WHEN is_background THEN 'Counts nowhere: a background statement, not of the days that the report covers.'
        WHEN members = 1 THEN 'Counts as one location.'
        WHEN members = 2 THEN 'Counts as one location, together with 1 other row of the source that repeats it.'
        ELSE format('Counts as one location, together with {:,} other rows of the source that repeat it.', members - 1)
    END
    || CASE WHEN sightings > 1 THEN ' ' || told_number(sightings, 'record') || ' tell of it.' ELSE '' END AS counts_as,
    told_span(date_from, date_to) || ': ' || CASE date_basis
        WHEN 'exact' THEN 'the day that the source gives'
        WHEN 'interval' THEN 'the days that the source gives'
        WHEN 'note' THEN 'days named in the source''s note'
        WHEN 'report_addition' THEN 'the days that the report adds to the one before, for this province'
        WHEN 'after_previous_report' THEN 'the days after the previous report''s end'
        ELSE 'the report''s whole window, for want of anything narrower'
    END
    || CASE
        WHEN (reported_from, reported_to) = (date_from, date_to) THEN '.'
        ELSE ' (the source''s own window: ' || told_span(reported_from, reported_to) || ').'
    END AS days_counted,
    CASE WHEN radius_m > 0 THEN 'A disc of ' || told_distance(radius_m) || ' around ' ELSE 'The point ' END
    || format('{:.5f}, {:.5f}', latitude, longitude)
    || ', '
    || CASE location_basis WHEN 'coordinate' THEN 'the source''s own coordinate' ELSE 'the gazetteer''s coordinate' END
    || CASE
        WHEN place_basis = 'similar' THEN format(' for {}, a name {:.0f}% like the source''s', place_matched, place_score)
        WHEN place_basis = 'folded' THEN ' for ' || place_matched || ', another spelling of the source''s name'
        ELSE ''
    END
    || CASE WHEN is_area THEN '; an area rather than a point' ELSE '' END
    || ' (precision by: ' || precision_basis || ').' AS place_searched,
    CASE
        WHEN snapshot_first IS NULL THEN control_title || ': no snapshot was in force on these days.'
        ELSE
            control_title || ': snapshot' || CASE WHEN snapshot_first < snapshot_last THEN 's' ELSE '' END || ' of '
            || told_span(snapshot_first, snapshot_last) || ', at most ' || told_number(snapshot_age_days, 'day') || ' old'
            || CASE
                WHEN days_without_snapshot > 0
                    THEN '; none in force on ' || days_without_snapshot || ' of ' || told_number(window_days, 'day')
                ELSE ''
            END
            || '.'
    END AS control_used,
    'At the centre: ' || told_holder(controller)
    || CASE
        WHEN parties <> '[]'
            THEN ' (' || told_list([told_holder(name) FOR name IN from_json(parties, '["VARCHAR"]')], ', ') || ')'
        ELSE ''
    END
    || '. ' || CASE status
        WHEN 'held' THEN 'One side held the disc: '
        WHEN 'contested' THEN 'The ground was contested: '
        WHEN 'boundary' THEN 'A front line, a change of hands or the edge of what is known crosses the disc: '
        WHEN 'gap' THEN 'The control map says nothing about the centre: '
        ELSE 'No control map was in force: '
    END
    || told_shares(shares) || '. So ' || told_percent(focus_share) || ' counts as ' || focus_label || '-held, '
    || told_percent(other_share) || ' as not, ' || told_percent(unknown_share) || ' as not known.' AS ground_found,
    upper(certainty[1]) || certainty[2:] || '.'
    || coalesce(
        ' Margin r = ' || format('{:.2f}', margin_r) || ' (nearest observed place of its own side over the nearest of the'
        || ' other, ' || focus_label || ' or not: 0 is sure, 1 is half-way).', ''
    )
    || coalesce(' The nearest front line is ' || told_distance(front_distance_m) || ' from the centre.', '')
    || coalesce(' Look at it again: ' || told_alarms || '.', '') AS how_sure,
    CASE
        WHEN len(crossing) = 0 AND told_alarms IS NOT NULL
            THEN
                'If coordinate, date and map are right, nothing near could change whether it was ' || focus_label
                || '-held.'
        WHEN len(crossing) = 0 THEN 'Nothing near could change whether it was ' || focus_label || '-held.'
        ELSE 'Could change whether it was ' || focus_label || '-held: ' || told_list(crossing, '; ') || '.'
    END
    || CASE WHEN len(other) = 0 THEN '' ELSE ' Could change who else held it: ' || told_list(other, '; ') || '.' END
    || CASE
        WHEN snapshot_age_days > $stale_days
            THEN
                ' A fresher snapshot than one of '
                || told_number(snapshot_age_days, 'day')
                || ' before could tell otherwise.'
        ELSE ''
    END AS would_change,
    '{' || coalesce(
        told_list(
            ['"' || reason['reason'] || '":' || CAST(round(reason['weight'], 6) AS DOUBLE) FOR reason IN found], ','
        ), ''
    ) || '}' AS doubts
FROM facts
INNER JOIN reasons ON facts.strike_id = reasons.strike_id
ORDER BY facts.source, facts.strike_id;
