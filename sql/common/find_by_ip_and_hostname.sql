SELECT id, ip_address, hostname, comment, tags, aliases, priority, created_at, updated_at, event_version, first_position
FROM host_entries
WHERE ip_address = :ip_address AND hostname = :hostname
