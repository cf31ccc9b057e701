-- The position of an event, and the columns from which the library makes the content of its leaf.
-- noqa: disable=AM04
SELECT c.*
FROM event_contents AS c
WHERE c.position = (SELECT e.position FROM host_events AS e WHERE e.event_id = :event_id)
