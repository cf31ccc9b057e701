-- Returns the live hosts that are not in the import.
SELECT
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
FROM host_entries AS h
WHERE
    NOT EXISTS (
        SELECT 1 FROM import_lines AS l
        WHERE l.ip_address = h.ip_address AND l.hostname = h.hostname
    )
ORDER BY h.ip_address, h.hostname
