INSERT INTO dns.zones (name, ns, mail, ttl, after_serial)
VALUES (:name, :ns, :mail, :ttl, :after_serial)
ON CONFLICT (name) DO NOTHING
