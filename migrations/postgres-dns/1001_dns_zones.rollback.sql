DROP FUNCTION dns.longer_zones(text, text);
DROP TABLE dns.zones;
DROP SCHEMA dns;
