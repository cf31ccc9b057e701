DROP TRIGGER erasures_entries ON erasures;
DROP FUNCTION erasures_entries();
DROP TRIGGER snapshots_replica ON snapshots;
DROP FUNCTION snapshots_replica();
