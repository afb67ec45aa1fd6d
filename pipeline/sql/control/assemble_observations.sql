-- The accepted observations as rows of core.control_observations.
SELECT
    'o' || left(sha256($theatre || '|' || $source || '|' || typed.source_key), 16) AS observation_id,
    $theatre AS theatre, -- noqa: AL09
    $source AS source, -- noqa: AL09
    typed.record_id,
    typed.place,
    typed.place_local,
    typed.province,
    typed.latitude,
    typed.longitude,
    typed.controller,
    typed.parties,
    typed.valid_from,
    typed.valid_to,
    typed.basis,
    typed.citation,
    typed.note
FROM typed
INNER JOIN outcomes ON typed.record_id = outcomes.record_id
WHERE outcomes.outcome = 'accepted'
ORDER BY observation_id;
