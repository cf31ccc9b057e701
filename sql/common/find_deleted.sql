-- The last events of deleted hosts. It has the last hostname and address of the host.
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
WHERE
    event_type = 'HostDeleted'
    AND (aggregate_id = :id OR ip_address = :ip_address OR lower(hostname) IN (:name, :folded, :canonical))
ORDER BY position
