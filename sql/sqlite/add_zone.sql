INSERT INTO dns_zones (name, ns, mail, ttl, after_serial)
SELECT
    :name,
    :ns,
    :mail,
    :ttl,
    :after_serial
WHERE NOT EXISTS (SELECT 1 FROM dns_zones AS z WHERE z.name = :name)
