-- Every event of the hosts that have changed since a position: with them their state at it is told again, and the
-- cost follows what has changed.
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
    event_timestamp,
    metadata,
    created_at,
    created_by,
    expected_version,
    position
FROM host_events
WHERE aggregate_id IN (SELECT e.aggregate_id FROM host_events AS e WHERE e.position > :position)
ORDER BY aggregate_id, event_version
