-- All events of an erased host, once they are recorded in erased_events.
DELETE FROM host_events
WHERE aggregate_id = :aggregate_id
