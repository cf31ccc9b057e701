-- The newest event at or below a position.
SELECT event_id, position
FROM host_events
WHERE position <= :position
ORDER BY position DESC
LIMIT 1
