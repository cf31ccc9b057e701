DROP TRIGGER host_events_replica ON host_events;
DROP FUNCTION host_events_replica();
DROP TABLE replica_of;
