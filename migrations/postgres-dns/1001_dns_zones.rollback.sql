DROP FUNCTION dns.has_longer_zone(text, text);
DROP TABLE dns.zones;
DROP SCHEMA dns;
