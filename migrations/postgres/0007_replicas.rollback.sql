DROP TRIGGER erasures_entries ON erasures;
DROP FUNCTION erasures_entries();
DROP TRIGGER snapshots_replica ON snapshots;
DROP FUNCTION snapshots_replica();
DROP TRIGGER host_events_replica ON host_events;
DROP FUNCTION host_events_replica();
DROP TABLE replica_of;
