SELECT name, ns, mail, ttl
FROM dns.zones
ORDER BY name
