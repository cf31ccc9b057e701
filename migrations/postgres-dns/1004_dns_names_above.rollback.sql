DROP VIEW dns.names_above;
DROP VIEW dns.networks_current;
DROP FUNCTION dns.networks_above(text, jsonb);
DROP TABLE dns.networks;
