INSERT INTO host_entries (
    id, ip_address, hostname, comment, tags, aliases, priority, created_at, updated_at, event_version, first_position
)
SELECT id, ip_address, hostname, comment, tags, aliases, priority, created_at, updated_at, event_version, first_position
FROM host_entries_current
