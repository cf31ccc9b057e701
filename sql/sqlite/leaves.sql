-- The positions of a page, in the order of position, each with its leaf hash (of an erased event) or with the columns
-- from which the library computes it. Differs because SQLite has no SHA-256. As bytes: a text that is not UTF-8 has a
-- leaf, too. An event that is recorded as erased and still stored counts once.
SELECT
    e.position,
    NULL AS leaf,
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
WHERE e.position > :after AND e.position <= :until
UNION ALL
SELECT
    x.position,
    x.leaf,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL
FROM erased_events AS x
WHERE
    x.position > :after AND x.position <= :until
    AND NOT EXISTS (SELECT 1 FROM host_events AS e WHERE e.position = x.position)
ORDER BY position
