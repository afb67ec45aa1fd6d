-- Rows of marts.control_area_km2. An area stands on many snapshots and is measured once; sums are of decimals, so that
-- no order of rows shows.
WITH measured AS (
    SELECT
        theatre,
        source,
        controller,
        valid_from,
        valid_to,
        CAST(
            ST_Area(ST_Transform(ST_GeomFromWKB(geometry), 'OGC:CRS84', $projection)) / 1e6 AS DECIMAL(18, 6)
        ) AS area_km2
    FROM control_areas
)

SELECT
    control_snapshots.theatre,
    control_snapshots.source,
    control_snapshots.snapshot_day,
    control_snapshots.in_force_to,
    measured.controller,
    CAST(sum(measured.area_km2) AS DOUBLE) AS area_km2,
    count(*) AS areas
FROM control_snapshots
INNER JOIN measured
    ON
        control_snapshots.source = measured.source
        AND measured.valid_from <= control_snapshots.snapshot_day
        AND control_snapshots.snapshot_day < measured.valid_to
GROUP BY ALL
ORDER BY control_snapshots.source, control_snapshots.snapshot_day, measured.controller;
