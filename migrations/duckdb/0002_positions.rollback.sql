DROP TRIGGER host_events_9_position ON host_events;
DROP TABLE log_head;
