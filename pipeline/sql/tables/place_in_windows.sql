-- Every day on which a strike's effective window starts, and the windows of the tables in which it falls. A strike
-- belongs to a window when its first day does: so the months add up to the total.
CREATE OR REPLACE TEMP TABLE days AS
WITH
first_days AS (
    SELECT DISTINCT date_from AS day
    FROM strikes
),

listed AS (
    SELECT
        first_days.day,
        list(windows.window_name ORDER BY windows.window_name) AS window_names
    FROM first_days
    INNER JOIN windows ON first_days.day BETWEEN windows.window_from AND windows.window_to
    GROUP BY first_days.day
)

SELECT
    day,
    window_names,
    dense_rank() OVER (ORDER BY window_names) AS day_class
FROM listed;
