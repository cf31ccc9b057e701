INSERT INTO dns.zones (name, ns, mail, ttl)
VALUES (:name, :ns, :mail, :ttl)
ON CONFLICT (name) DO NOTHING
