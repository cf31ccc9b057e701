-- The events after a position, up to and with another one, in the log's order.
SELECT
    event_id,
    aggregate_id,
    event_type,
    event_version,
    ip_address,
    hostname,
    comment,
    tags,
    aliases,
    priority,
    event_timestamp,
    metadata,
    created_at,
    created_by,
    expected_version,
    position
FROM host_events
WHERE position > :after AND position <= :until
ORDER BY position
