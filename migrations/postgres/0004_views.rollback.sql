DROP VIEW host_entries_history;
DROP VIEW host_entries_current;
DROP FUNCTION host_entries_at(timestamptz);
