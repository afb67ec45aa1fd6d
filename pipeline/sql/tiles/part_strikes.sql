-- Which strikes $zoom draws each by itself: those of tiles that hold at most $most. The others are gathered into cells.
CREATE OR REPLACE TEMP TABLE parted AS
WITH placed AS (
    SELECT
        feature,
        properties,
        shape,
        floor(2 ** $zoom * (ST_X(shape) / 40075016.685578488 + 0.5))::INTEGER AS x,
        floor(2 ** $zoom * (0.5 - ST_Y(shape) / 40075016.685578488))::INTEGER AS y
    FROM strikes
)

SELECT
    *,
    count(*) OVER (PARTITION BY x, y) <= $most AS is_single
FROM placed;
