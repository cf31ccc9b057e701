-- Lets this transaction, and no other, add events with reserved positions and any version, also to a replica;
-- resume_copy_guards ends it.
DROP TRIGGER host_events_9_position_version_time ON host_events;

DROP TRIGGER host_events_0_replica ON host_events
