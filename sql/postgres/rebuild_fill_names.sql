INSERT INTO dns.names (name, type, priority, first_position, content, zone_id, host_id)
SELECT name, type, priority, first_position, content, zone_id, host_id
FROM dns.names_current
