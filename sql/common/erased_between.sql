-- The erased events after a position, up to and with another one, in the log's order.
SELECT
    event_id,
    leaf,
    position
FROM erased_events
WHERE position > :after AND position <= :until
ORDER BY position
