DROP TABLE dns.zones;
DROP SCHEMA dns;
