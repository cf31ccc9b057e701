SELECT id, ip_address, hostname, comment, tags, aliases, created_at, updated_at, event_version
FROM host_entries
WHERE id = :id
