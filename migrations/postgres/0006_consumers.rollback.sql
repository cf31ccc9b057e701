DROP TRIGGER host_events_notify ON host_events;
DROP FUNCTION host_events_notify();
DROP TABLE consumers;
