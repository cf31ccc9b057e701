-- The position of an event, and the leaf_content of its leaf.
SELECT
    position,
    leaf_content
FROM event_contents
WHERE event_id = :event_id
