DROP TRIGGER host_events_0_replica ON host_events;
DROP TABLE replica_of;
