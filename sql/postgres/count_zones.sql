SELECT count(*) FROM dns.zones
