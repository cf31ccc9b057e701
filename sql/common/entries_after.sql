-- A page of the live hosts by id, so that they need not stand in memory as a whole.
SELECT id, ip_address, hostname, comment, tags, aliases, priority, created_at, updated_at, event_version, first_position
FROM host_entries
WHERE id > :id
ORDER BY id
LIMIT :limit
