DROP TRIGGER erasures_entries;
DROP TRIGGER snapshots_replica_delete;
DROP TRIGGER snapshots_replica_update;
DROP TRIGGER snapshots_replica_insert;
DROP TRIGGER host_events_version_time_and_replica;
DROP TABLE replica_of;
