-- The positions of the events of a host, and the columns from which the library makes the contents of their leaves.
-- noqa: disable=AM04
SELECT c.*
FROM event_contents AS c
WHERE c.position IN (SELECT e.position FROM host_events AS e WHERE e.aggregate_id = :aggregate_id)
ORDER BY c.position
