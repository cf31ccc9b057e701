-- Record the leaves of all events of a host, before they are deleted. Differs because a macro takes columns.
INSERT INTO erased_events (position, event_id, leaf)
SELECT
    e.position,
    e.event_id,
    event_leaf(
        e.event_id,
        e.aggregate_id,
        e.event_type,
        e.event_version,
        e.ip_address,
        e.hostname,
        e.comment,
        e.tags,
        e.aliases,
        e.priority,
        e.event_timestamp,
        e.metadata,
        e.created_at,
        e.created_by,
        e.expected_version
    ) AS leaf
FROM host_events AS e
WHERE e.aggregate_id = :aggregate_id
