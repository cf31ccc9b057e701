-- Record the leaf of one event of a host, before it is deleted. Differs because SQLite has no SHA-256.
INSERT INTO erased_events (position, event_id, leaf)
SELECT
    e.position,
    e.event_id,
    :leaf
FROM host_events AS e
WHERE e.aggregate_id = :aggregate_id AND e.position = :position
