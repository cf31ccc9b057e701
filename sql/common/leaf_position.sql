-- The position of an event, erased or not.
SELECT e.position
FROM host_events AS e
WHERE e.event_id = :event_id
UNION
SELECT x.position
FROM erased_events AS x
WHERE x.event_id = :event_id
