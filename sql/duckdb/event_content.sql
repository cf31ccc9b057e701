-- The position of an event, and the content of its leaf. Differs because a macro takes columns.
SELECT
    e.position,
    event_content(
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
    ) AS leaf_content
FROM host_events AS e
WHERE e.event_id = :event_id
