DROP TRIGGER dns_updated ON host_entries;
DROP TRIGGER dns_deleted ON host_entries;
DROP TRIGGER dns_inserted ON host_entries;
DROP VIEW dns.names_current;
DROP TABLE dns.names;
DROP TABLE dns.zone_changes;
DROP TABLE dns.zones;
DROP SCHEMA dns CASCADE;
