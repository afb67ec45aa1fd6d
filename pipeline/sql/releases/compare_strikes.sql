-- Strikes that differ between two releases: one row a strike, with each part that differs, old and new. Shares count to
-- four decimals.
WITH
strikes AS (
    SELECT
        *,
        filename = $strikes_before AS is_before
    FROM read_parquet([$strikes_before, $strikes_after], filename = TRUE)
),

attribution AS (
    SELECT
        *,
        filename = $attribution_before AS is_before
    FROM read_parquet([$attribution_before, $attribution_after], filename = TRUE)
),

told AS (
    SELECT
        strikes.is_before,
        strikes.theatre,
        strikes.source,
        strikes.strike_id,
        strikes.place,
        strikes.date_from,
        unnest(
            [
                { 'part_no': 1, 'part': 'days', 'value': strikes.date_from || ' to ' || strikes.date_to },
                { 'part_no': 2, 'part': 'place', 'value': strikes.place },
                { 'part_no': 3, 'part': 'latitude', 'value': round(strikes.latitude, 6)::VARCHAR },
                { 'part_no': 4, 'part': 'longitude', 'value': round(strikes.longitude, 6)::VARCHAR },
                { 'part_no': 5, 'part': 'precision in metres', 'value': strikes.precision_m::VARCHAR },
                { 'part_no': 6, 'part': 'confidence', 'value': strikes.confidence },
                { 'part_no': 7, 'part': 'claimed target', 'value': strikes.claimed_controller },
                { 'part_no': 8, 'part': 'background', 'value': strikes.is_background::VARCHAR },
                { 'part_no': 9, 'part': 'held by', 'value': attribution.controller },
                { 'part_no': 10, 'part': 'share of the focus', 'value': round(attribution.focus_share, 4)::VARCHAR },
                { 'part_no': 11, 'part': 'share not known', 'value': round(attribution.unknown_share, 4)::VARCHAR },
                { 'part_no': 12, 'part': 'certainty', 'value': attribution.certainty }
            ]
        ) AS told
    FROM strikes
    LEFT JOIN attribution ON strikes.strike_id = attribution.strike_id AND strikes.is_before = attribution.is_before
),

parts AS (
    SELECT
        theatre,
        source,
        strike_id,
        told.part_no AS part_no,
        told.part AS part,
        arg_min(place, is_before) AS place,
        min(date_from) FILTER (WHERE NOT is_before) AS date_from,
        min(date_from) FILTER (WHERE is_before) AS date_before,
        max(told.value) FILTER (WHERE is_before) AS old,
        max(told.value) FILTER (WHERE NOT is_before) AS new,
        count(*) FILTER (WHERE is_before) AS befores,
        count(*) FILTER (WHERE NOT is_before) AS afters
    FROM told
    GROUP BY theatre, source, strike_id, told.part_no, told.part
),

compared AS (
    SELECT
        theatre,
        source,
        strike_id,
        max(place) AS place,
        max(coalesce(date_from, date_before)) AS date_from,
        max(befores) AS befores,
        max(afters) AS afters,
        min(part_no) FILTER (WHERE coalesce(old != new, (old IS NULL) != (new IS NULL))) AS first_part,
        string_agg(part || ': ' || coalesce(old, 'none') || ' → ' || coalesce(new, 'none'), '; ' ORDER BY part_no ASC)
        FILTER (WHERE coalesce(old != new, (old IS NULL) != (new IS NULL))) AS what
    FROM parts
    GROUP BY theatre, source, strike_id
),

named AS (
    SELECT
        *,
        CASE
            WHEN befores = 0 THEN 'added'
            WHEN afters = 0 THEN 'gone'
            -- The first eight parts are what the source says; the others what the pipeline finds.
            WHEN first_part <= 8 THEN 'changed'
            WHEN first_part > 8 THEN 're-attributed'
        END AS change
    FROM compared
)

SELECT
    theatre,
    source,
    strike_id,
    place,
    date_from,
    change,
    CASE WHEN change IN ('changed', 're-attributed') THEN what ELSE '' END AS what
FROM named
WHERE change IS NOT NULL
ORDER BY theatre, source, change, date_from, strike_id;
