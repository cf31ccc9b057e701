DROP TRIGGER host_events_9_position_version_time ON host_events;
DROP TABLE log_head;
