-- Strikes that fall in the same sets share a cell: a million strikes have a few thousand cells, so that measuring one
-- more window or filter costs next to nothing.
CREATE OR REPLACE TEMP TABLE classed AS
SELECT
    strikes.strike_id,
    strikes.source,
    episodes.episode_id,
    strikes.is_background,
    strikes.is_area,
    strikes.confidence,
    attribution.certainty,
    days.day_class,
    places.region_class,
    places.place_no,
    -- Sums of decimals are exact, so the order of rows and threads cannot show in a figure.
    CAST(attribution.focus_share AS DECIMAL(18, 12)) AS focus_share,
    CAST(attribution.other_share AS DECIMAL(18, 12)) AS other_share,
    CAST(attribution.unknown_share AS DECIMAL(18, 12)) AS unknown_share,
    CAST(attribution.focus_at_point AS DECIMAL(18, 12)) AS focus_at_point
FROM strikes
INNER JOIN attribution ON strikes.strike_id = attribution.strike_id
INNER JOIN episodes ON strikes.strike_id = episodes.strike_id
INNER JOIN days ON strikes.date_from = days.day
INNER JOIN places
    ON round(strikes.latitude, 6) = places.latitude AND round(strikes.longitude, 6) = places.longitude;

CREATE OR REPLACE TEMP TABLE cells AS
SELECT
    source,
    day_class,
    region_class,
    confidence,
    certainty,
    is_area,
    is_background,
    row_number() OVER (
        ORDER BY source, day_class, region_class, confidence, certainty, is_area, is_background
    ) AS cell
FROM classed
GROUP BY source, day_class, region_class, confidence, certainty, is_area, is_background;

CREATE OR REPLACE TEMP TABLE counted AS
SELECT
    cells.cell,
    classed.strike_id,
    classed.episode_id,
    classed.place_no,
    -- The control margin: all ground of an uncertain strike resolved against the finding, then for it.
    CASE WHEN classed.certainty = 'uncertain' THEN 1 ELSE classed.focus_share END AS focus_against,
    CASE WHEN classed.certainty = 'uncertain' THEN 0 ELSE classed.focus_share END AS focus_for,
    classed.focus_share,
    classed.other_share,
    classed.unknown_share,
    classed.focus_at_point
FROM classed
INNER JOIN cells
    ON
        classed.source = cells.source
        AND classed.day_class = cells.day_class
        AND classed.region_class = cells.region_class
        AND classed.confidence = cells.confidence
        AND classed.certainty = cells.certainty
        AND classed.is_area = cells.is_area
        AND classed.is_background = cells.is_background;

CREATE OR REPLACE TEMP TABLE cell_sets AS
WITH
region_classes AS (
    SELECT DISTINCT
        region_class,
        regions
    FROM places
),

day_classes AS (
    SELECT DISTINCT
        day_class,
        window_names
    FROM days
),

filtered AS (
    SELECT
        cells.cell,
        cells.source,
        unnest(
            ['with_background']
            || CASE
                WHEN cells.is_background THEN []
                ELSE
                    ['all', 'confidence:' || cells.confidence]
                    || list_transform(region_classes.regions, LAMBDA region: 'region:' || region)
                    || CASE WHEN cells.certainty = 'uncertain' THEN [] ELSE ['certain_only'] END
                    || CASE
                        WHEN cells.is_area THEN []
                        ELSE
                            ['points_only', 'confidence:' || cells.confidence || '|points_only']
                            || list_transform(
                                region_classes.regions, LAMBDA region: 'region:' || region || '|points_only'
                            )
                    END
            END
        ) AS filter_name
    FROM cells
    INNER JOIN region_classes ON cells.region_class = region_classes.region_class
),

windowed AS (
    SELECT
        cells.cell,
        unnest(day_classes.window_names) AS window_name
    FROM cells
    INNER JOIN day_classes ON cells.day_class = day_classes.day_class
)

SELECT
    filtered.cell,
    sets.set_no
FROM filtered
INNER JOIN windowed ON filtered.cell = windowed.cell
INNER JOIN sets
    ON
        filtered.source = sets.source
        AND filtered.filter_name = sets.filter_name
        AND windowed.window_name = sets.window_name;
