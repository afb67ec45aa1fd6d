-- The strikes that the zoom in hand draws each by itself.
CREATE OR REPLACE TEMP TABLE singles AS
SELECT
    feature,
    properties,
    shape
FROM parted
WHERE is_single
ORDER BY feature;
