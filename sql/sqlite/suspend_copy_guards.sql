-- Lets this transaction, and no other, add the events of another log as they are; resume_copy_guards ends it.
DROP TRIGGER host_events_version_time_and_replica
