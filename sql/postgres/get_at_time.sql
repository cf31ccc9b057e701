-- Differs because a function's columns cannot carry a collation: the database's own may sort by language, not by bytes.
SELECT id, ip_address, hostname, comment, tags, aliases, priority, created_at, updated_at, event_version, first_position
FROM host_entries_at(:moment)
ORDER BY ip_address COLLATE "C", hostname COLLATE "C"
