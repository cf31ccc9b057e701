-- The positions and leaf hashes of a page, in the order of position. An event that is recorded as erased and still
-- stored counts once. Differs because a macro takes columns.
SELECT
    e.position,
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
WHERE e.position > :after AND e.position <= :until
UNION ALL
SELECT
    x.position,
    x.leaf
FROM erased_events AS x
WHERE
    x.position > :after AND x.position <= :until
    AND NOT EXISTS (SELECT 1 FROM host_events AS e WHERE e.position = x.position)
ORDER BY position
