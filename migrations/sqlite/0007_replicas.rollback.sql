DROP TRIGGER host_events_version_time_and_replica;
DROP TABLE replica_of;
