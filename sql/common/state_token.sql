-- What is another after each change of the hosts: the newest event. Events become visible in the order of position.
SELECT
    NULL AS server_start,
    position,
    event_id,
    NULL AS complete_to,
    NULL AS seen_by,
    FALSE AS is_late
FROM host_events
ORDER BY position DESC
LIMIT 1
