-- The positions of the events of a host, and the columns from which the library computes their leaves.
SELECT
    e.position,
    cast(e.event_id AS BLOB) AS event_id,
    cast(e.aggregate_id AS BLOB) AS aggregate_id,
    cast(e.event_type AS BLOB) AS event_type,
    cast(e.event_version AS BLOB) AS event_version,
    cast(e.ip_address AS BLOB) AS ip_address,
    cast(e.hostname AS BLOB) AS hostname,
    cast(e.comment AS BLOB) AS comment,
    cast(e.tags AS BLOB) AS tags,
    cast(e.aliases AS BLOB) AS aliases,
    cast(e.priority AS BLOB) AS priority,
    cast(e.event_timestamp AS BLOB) AS event_timestamp,
    cast(e.metadata AS BLOB) AS metadata,
    cast(e.created_at AS BLOB) AS created_at,
    cast(e.created_by AS BLOB) AS created_by,
    cast(e.expected_version AS BLOB) AS expected_version
FROM host_events AS e
WHERE e.aggregate_id = :aggregate_id
ORDER BY e.position
