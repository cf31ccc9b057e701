INSERT INTO dns_zones (name, ns, mail, ttl)
SELECT
    :name,
    :ns,
    :mail,
    :ttl
WHERE NOT EXISTS (SELECT 1 FROM dns_zones AS z WHERE z.name = :name)
