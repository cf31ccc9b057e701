DROP VIEW host_entries_history;
DROP VIEW host_entries_current;
