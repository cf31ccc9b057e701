-- Appends a run of events, given as a JSON array of objects with the columns as keys, in its order.
-- Differs because SQLite's clock counts milliseconds: the writer's time comes along. And because json_each writes an
-- object again each time that its value is used: sorted within, it is asked for once.
INSERT INTO host_events (
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
    expected_version
)
SELECT
    json_extract(n.value, '$.event_id'),
    json_extract(n.value, '$.aggregate_id'),
    json_extract(n.value, '$.event_type'),
    json_extract(n.value, '$.event_version'),
    json_extract(n.value, '$.ip_address'),
    json_extract(n.value, '$.hostname'),
    json_extract(n.value, '$.comment'),
    json_extract(n.value, '$.tags'),
    json_extract(n.value, '$.aliases'),
    json_extract(n.value, '$.priority'),
    coalesce(json_extract(n.value, '$.event_timestamp'), :now),
    json_extract(n.value, '$.metadata'),
    coalesce(json_extract(n.value, '$.created_at'), :now),
    json_extract(n.value, '$.created_by'),
    json_extract(n.value, '$.expected_version')
FROM (
    SELECT
        given.key,
        given.value
    FROM json_each(:events) AS given
    ORDER BY given.key
    LIMIT -1
) AS n
ORDER BY n.key
RETURNING event_id, event_timestamp, created_at, position
