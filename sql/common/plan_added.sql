-- The pairs that an import would add.
SELECT
    l.ip_address,
    l.hostname,
    l.aliases,
    l.comment,
    l.tags,
    l.priority
FROM import_lines AS l
WHERE
    NOT EXISTS (
        SELECT 1 FROM host_entries AS h
        WHERE h.ip_address = l.ip_address AND h.hostname = l.hostname
    )
ORDER BY l.number, l.ip_address, l.hostname
