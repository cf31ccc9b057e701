-- The id of the event at a position, erased or not.
SELECT e.event_id
FROM host_events AS e
WHERE e.position = :position
UNION
SELECT x.event_id
FROM erased_events AS x
WHERE x.position = :position
