DROP TRIGGER host_events_live;
DROP TRIGGER host_events_deleted;
DROP TRIGGER host_events_changed;
DROP TRIGGER host_events_created;
DROP TABLE host_entries;
