-- The position of an event, erased or not.
SELECT position
FROM host_events
WHERE event_id = :event_id
UNION ALL
SELECT position
FROM erased_events
WHERE event_id = :event_id
