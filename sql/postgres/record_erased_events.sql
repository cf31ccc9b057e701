-- Record the leaves of all events of a host, before they are deleted.
INSERT INTO erased_events (position, event_id, leaf)
SELECT
    e.position,
    e.event_id,
    event_leaf(e)
FROM host_events AS e
WHERE e.aggregate_id = :aggregate_id
