DELETE FROM dns_zones WHERE name = :name
