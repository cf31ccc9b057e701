DROP TRIGGER erasures_entries ON erasures;
DROP TRIGGER snapshots_no_delete ON snapshots;
DROP TRIGGER snapshots_no_update ON snapshots;
DROP TRIGGER snapshots_no_insert ON snapshots;
DROP TRIGGER host_events_0_replica ON host_events;
DROP TABLE replica_of;
