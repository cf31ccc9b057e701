SELECT leaf
FROM erased_events
WHERE event_id = :event_id
