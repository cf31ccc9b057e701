DROP TRIGGER dns_updated ON host_entries;
DROP TRIGGER dns_deleted ON host_entries;
DROP TRIGGER dns_inserted ON host_entries;
DROP FUNCTION dns.entries_changed();
