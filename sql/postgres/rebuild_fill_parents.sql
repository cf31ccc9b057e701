-- On SQLite the triggers of dns_names do this.
INSERT INTO dns.networks (name, first_position, prefix)
SELECT name, first_position, prefix
FROM dns.networks_current
