-- Record the leaves of all events of a host, before they are deleted.
INSERT INTO erased_events (position, event_id, leaf)
SELECT
    position,
    event_id,
    leaf
FROM event_contents
WHERE aggregate_id = :aggregate_id
