-- The current state and the log's end, erased events included, as of one moment: one statement sees one snapshot.
SELECT
    log.position,
    TRUE AS is_complete,
    h.id,
    h.ip_address,
    h.hostname,
    h.comment,
    h.tags,
    h.aliases,
    h.priority,
    h.created_at,
    h.updated_at,
    h.event_version,
    h.first_position
FROM (
    SELECT max(p.position) AS position
    FROM (
        SELECT max(e.position) AS position FROM host_events AS e
        UNION ALL
        SELECT max(x.position) FROM erased_events AS x
    ) AS p
) AS log
LEFT JOIN host_entries AS h ON TRUE
