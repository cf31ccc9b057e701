-- The live hosts that an import does not tell of. Differs because SQLite joins by loops, and makes an index by itself
-- only for what stands in an IN: 42,000 hosts took minutes, and take 0.2 s.
SELECT
    h.id,
    h.ip_address,
    h.hostname,
    h.comment,
    h.tags,
    h.aliases,
    h.created_at,
    h.updated_at,
    h.event_version
FROM host_entries AS h
WHERE
    (h.ip_address, h.hostname) NOT IN (
        SELECT
            l.ip_address,
            l.hostname
        FROM import_lines AS l
    )
ORDER BY h.ip_address, h.hostname
