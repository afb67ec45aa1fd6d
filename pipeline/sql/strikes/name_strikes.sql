-- The id of each strike: the same for all that is ever said of its key.
CREATE OR REPLACE TEMP TABLE named_revisions AS
SELECT
    's' || left(sha256($theatre || '|' || $source || '|' || source_key), 16) AS strike_id,
    *
FROM revisions;
