-- Every revision of every strike, those that stand and those that ended, with when each was known.
CREATE VIEW core.strike_history AS
WITH told AS (
    FROM core.strikes
    UNION ALL
    FROM core.past_strikes
)

SELECT
    told.*,
    revisions.known_from,
    revisions.known_to,
    revisions.status,
    revisions.ended_by
FROM told
INNER JOIN core.revisions AS revisions
    ON
        told.theatre = revisions.theatre
        AND told.source = revisions.source
        AND told.strike_id = revisions.strike_id
        AND told.revision = revisions.revision
ORDER BY told.theatre, told.source, told.strike_id, told.revision
