-- Precision discs of the strikes that $zoom draws each by itself, in every tile that they reach, simplified to
-- $tolerance metres of Web Mercator.
WITH simple AS (
    SELECT
        d.feature,
        d.properties,
        ST_Simplify(d.shape, $tolerance) AS shape,
        $zoom::INTEGER AS zoom
    FROM discs AS d
    INNER JOIN parted AS p USING (feature)
    WHERE p.is_single
),

boxed AS (
    SELECT
        *,
        2 ** zoom * (ST_XMin(shape) / 40075016.685578488 + 0.5) AS west,
        2 ** zoom * (ST_XMax(shape) / 40075016.685578488 + 0.5) AS east,
        2 ** zoom * (0.5 - ST_YMax(shape) / 40075016.685578488) AS north,
        2 ** zoom * (0.5 - ST_YMin(shape) / 40075016.685578488) AS south
    FROM simple
),

columned AS (
    SELECT
        *,
        unnest(range(floor(west)::INTEGER, floor(east)::INTEGER + 1)) AS x
    FROM boxed
),

reached AS (
    SELECT
        *,
        unnest(range(floor(north)::INTEGER, floor(south)::INTEGER + 1)) AS y
    FROM columned
),

encoded AS (
    SELECT
        x,
        y,
        feature,
        properties,
        ST_AsMVTGeom(
            shape, ST_Extent(ST_TileEnvelope(zoom, x::INTEGER, y::INTEGER)), 4096, 64, TRUE
        ) AS geometry
    FROM reached
)

SELECT
    x::INTEGER AS x,
    y::INTEGER AS y,
    ST_AsMVT(struct_concat(properties, { 'geometry': geometry }), 'discs', 4096, 'geometry' ORDER BY feature) AS part
FROM encoded
WHERE geometry IS NOT NULL AND NOT ST_IsEmpty(geometry)
GROUP BY x, y
ORDER BY x, y;
