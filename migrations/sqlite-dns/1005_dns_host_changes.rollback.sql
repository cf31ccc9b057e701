DROP TRIGGER dns_entry_deleted;
DROP TRIGGER dns_entry_updated;
DROP TRIGGER dns_entry_update;
DROP TRIGGER dns_entry_inserted;
DROP VIEW dns_new_names;
DROP VIEW dns_host_names;
