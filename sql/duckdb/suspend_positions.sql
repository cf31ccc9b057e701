-- Lets this transaction, and no other, add events with reserved positions; resume_positions ends it.
DROP TRIGGER host_events_9_position ON host_events
