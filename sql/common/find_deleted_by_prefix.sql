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
WHERE aggregate_id >= :prefix AND aggregate_id < :prefix_end AND event_type = 'HostDeleted'
ORDER BY position
