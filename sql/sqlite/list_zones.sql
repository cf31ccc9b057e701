SELECT name, ns, mail, ttl
FROM dns_zones
ORDER BY name
