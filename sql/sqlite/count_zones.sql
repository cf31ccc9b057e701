SELECT count(*) FROM dns_zones
