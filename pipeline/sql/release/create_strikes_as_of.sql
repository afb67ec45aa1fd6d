-- The strikes that stood by what had been received by a moment (inclusive), laid out as core.strikes.
CREATE MACRO core.strikes_as_of(moment) AS TABLE
    WITH seen AS (
        SELECT
            theatre,
            source,
            strike_id,
            count(*) AS sightings
        FROM core.sightings
        WHERE received_at <= moment::timestamptz
        GROUP BY ALL
    )

    SELECT
        history.* EXCLUDE (known_from, known_to, status, ended_by)
        REPLACE (seen.sightings AS sightings)
    FROM core.strike_history AS history
    INNER JOIN seen
        ON
            history.theatre = seen.theatre
            AND history.source = seen.source
            AND history.strike_id = seen.strike_id
    WHERE
        history.known_from <= moment::timestamptz
        AND (history.known_to IS NULL OR history.known_to > moment::timestamptz)
    ORDER BY history.strike_id
