SELECT id, ip_address, hostname, comment, tags, aliases, priority, created_at, updated_at, event_version, first_position
FROM host_entries
WHERE id >= :prefix AND id < :prefix_end
ORDER BY ip_address, hostname
