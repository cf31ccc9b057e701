-- Whether an import is stored: the ids of the hosts it adds begin alike.
SELECT e.event_id
FROM host_events AS e
WHERE e.event_id >= :event_prefix AND e.event_id < (:event_prefix || 'ZZZZZZZZZZ')
ORDER BY e.event_id
LIMIT 1
