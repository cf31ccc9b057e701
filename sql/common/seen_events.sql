-- The newest events up to a position, newest first.
SELECT position, event_id
FROM host_events
WHERE position <= :position
ORDER BY position DESC
LIMIT :limit
