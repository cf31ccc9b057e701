DELETE FROM dns.zones WHERE name = :name
