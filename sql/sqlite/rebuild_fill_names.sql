-- The triggers of dns_names fill dns_parents.
INSERT INTO dns_names (name, type, priority, first_position, content, zone_id, host_id)
SELECT name, type, priority, first_position, content, zone_id, host_id
FROM dns_names_current
