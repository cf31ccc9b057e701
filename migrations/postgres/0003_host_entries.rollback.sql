DROP TRIGGER host_events_after_insert ON host_events;
DROP FUNCTION host_events_after_insert();
DROP FUNCTION host_pair(text, text);
DROP FUNCTION ulid_time(text);
DROP TABLE host_entries;
DROP FUNCTION host_entries_guard();
