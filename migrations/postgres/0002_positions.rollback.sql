ALTER TABLE host_events ALTER COLUMN position DROP DEFAULT;
DROP TRIGGER host_events_before_insert ON host_events;
DROP FUNCTION host_events_before_insert();
DROP FUNCTION log_horizon();
DROP FUNCTION log_is_restored();
DROP TABLE log_epoch;
DROP FUNCTION log_timeline();
DROP SEQUENCE host_events_number;
