SELECT id, ip_address, hostname
FROM host_entries
WHERE id IN (SELECT unnest(from_json(:ids, '["VARCHAR"]')))
