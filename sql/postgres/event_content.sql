-- The position of an event, and the content of its leaf.
SELECT
    e.position,
    event_content(e) AS leaf_content
FROM host_events AS e
WHERE e.event_id = :event_id
