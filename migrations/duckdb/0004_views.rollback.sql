DROP VIEW host_entries_history;
DROP VIEW host_entries_current;
DROP MACRO TABLE host_entries_at;
