-- Strikes of crowded tiles, gathered into hexagons ($radius metres of Web Mercator from the middle to a corner, points
-- upward) of one grid a zoom. A hexagon on the edge of a tile has a part in each: parts with the same cell are added up.
-- counts: holder=day:n,day:n;… in order, the days (of the strikes' first day, since 1970-01-01) each as the step from
-- the one before. Rounding to the nearest hexagon: cube coordinates, of which the one furthest off gives way.
CREATE OR REPLACE TEMP TABLE cells AS
WITH skewed AS (
    SELECT
        x,
        y,
        properties,
        (ST_X(shape) * sqrt(3) / 3 - ST_Y(shape) / 3) / $radius AS q,
        ST_Y(shape) * 2 / 3 / $radius AS r
    FROM parted
    WHERE NOT is_single
),

rounded AS (
    SELECT
        *,
        round(q) AS q0,
        round(r) AS r0,
        round(-q - r) AS s0
    FROM skewed
),

nearest AS (
    SELECT
        x,
        y,
        properties.source AS source,
        properties.is_background AS is_background,
        properties.controller AS controller,
        properties.day_from AS day,
        CASE
            WHEN abs(q0 - q) > abs(r0 - r) AND abs(q0 - q) > abs(s0 + q + r) THEN -r0 - s0
            ELSE q0
        END::INTEGER AS q,
        CASE
            WHEN abs(q0 - q) > abs(r0 - r) AND abs(q0 - q) > abs(s0 + q + r) THEN r0
            WHEN abs(r0 - r) > abs(s0 + q + r) THEN -q0 - s0
            ELSE r0
        END::INTEGER AS r
    FROM rounded
),

daily AS (
    SELECT
        x,
        y,
        source,
        is_background,
        q,
        r,
        controller,
        day,
        count(*) AS n
    FROM nearest
    GROUP BY ALL
),

stepped AS (
    SELECT
        *,
        day - lag(day, 1, 0) OVER (PARTITION BY x, y, source, is_background, q, r, controller ORDER BY day) AS step
    FROM daily
),

held AS (
    SELECT
        x,
        y,
        source,
        is_background,
        q,
        r,
        controller,
        sum(n)::INTEGER AS n,
        controller || '=' || string_agg(step || ':' || n, ',' ORDER BY day) AS counts
    FROM stepped
    GROUP BY x, y, source, is_background, q, r, controller
),

gathered AS (
    SELECT
        x,
        y,
        source,
        is_background,
        q,
        r,
        sum(n)::INTEGER AS n,
        string_agg(counts, ';' ORDER BY controller) AS counts
    FROM held
    GROUP BY ALL
)

SELECT
    row_number() OVER (ORDER BY y, x, r, q, source, is_background) AS feature,
    x,
    y,
    {
        'cell': q || ' ' || r,
        'source': source,
        'is_background': is_background,
        'n': n,
        'counts': counts,
        'east_m': round($radius * sqrt(3) * (q + r / 2), 1),
        'north_m': round($radius * 1.5 * r, 1)
    } AS properties,
    ST_MakePolygon(
        ST_MakeLine(
            list_transform(
                [30, 90, 150, 210, 270, 330, 30],
                LAMBDA angle: ST_Point(
                    $radius * (sqrt(3) * (q + r / 2) + cos(radians(angle))),
                    $radius * (1.5 * r + sin(radians(angle)))
                )
            )
        )
    ) AS shape
FROM gathered
ORDER BY feature;
