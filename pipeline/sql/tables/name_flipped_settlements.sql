-- Rows of core.control_flips: ground that changed hands, with the settlements in it. A strike's place is named by what
-- stands before the first comma or bracket ("Izium, Kharkiv region"). A name with many coordinates (the districts of a
-- city) counts where at least half of them lie: one suburb's flip is not the city's.
WITH
points AS (
    SELECT
        place AS name,
        longitude,
        latitude
    FROM places
    WHERE precision_m <= $point_m
    UNION
    SELECT
        name,
        longitude,
        latitude
    FROM towns
    UNION
    SELECT
        trim(regexp_extract(place, '^[^,(]*')) AS name,
        longitude,
        latitude
    FROM strikes
    WHERE NOT is_area
),

settlements AS (
    SELECT
        name,
        ST_Point(longitude, latitude) AS point,
        count(*) OVER (PARTITION BY name) AS coordinates
    FROM points
    WHERE name <> ''
),

shapes AS (
    SELECT
        flip_id,
        ST_GeomFromWKB(geometry) AS shape
    FROM control_changes
    WHERE geometry IS NOT NULL
),

inside AS (
    SELECT
        shapes.flip_id,
        settlements.name
    FROM shapes
    INNER JOIN settlements ON ST_Intersects(shapes.shape, settlements.point)
    GROUP BY shapes.flip_id, settlements.name, settlements.coordinates
    HAVING count(*) * 2 >= settlements.coordinates
),

named AS (
    SELECT
        flip_id,
        CAST(to_json(list(name ORDER BY name)) AS VARCHAR) AS settlements
    FROM inside
    GROUP BY flip_id
)

SELECT
    control_changes.*,
    coalesce(named.settlements, '[]') AS settlements
FROM control_changes
LEFT JOIN named ON control_changes.flip_id = named.flip_id
ORDER BY control_changes.source, control_changes.day, control_changes.flip_id;
