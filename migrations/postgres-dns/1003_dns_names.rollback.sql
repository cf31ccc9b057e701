DROP VIEW dns.host_addresses;
DROP VIEW dns.names_current;
DROP FUNCTION dns.host_records(text, text, text, jsonb);
DROP TABLE dns.names;
