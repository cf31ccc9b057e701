DROP TRIGGER host_events_after_insert ON host_events;
DROP FUNCTION host_events_after_insert();
DROP TABLE host_entries;
DROP FUNCTION host_entries_guard();
