INSERT INTO host_entries (
    id, ip_address, hostname, comment, tags, aliases, created_at, updated_at, event_version
)
SELECT id, ip_address, hostname, comment, tags, aliases, created_at, updated_at, event_version
FROM host_entries_current
