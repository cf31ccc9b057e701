-- The current state and the log's end, as of one moment: one statement sees one snapshot.
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
FROM (SELECT max(e.position) AS position FROM host_events AS e) AS log
LEFT JOIN host_entries AS h ON TRUE
