-- Appends a run of events, given as a JSON array of arrays with the columns in the order below, in its order.
-- Differs because SQLite's clock counts milliseconds: the writer's time comes along. And because json_each writes an
-- array again each time that its value is used: materialized, it is asked for once. Arrays need less work than objects.
WITH given AS MATERIALIZED (
    SELECT
        e.key,
        e.value
    FROM json_each(:events) AS e
    ORDER BY e.key
    LIMIT -1
)

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
    json_extract(given.value, '$[0]'),
    json_extract(given.value, '$[1]'),
    json_extract(given.value, '$[2]'),
    json_extract(given.value, '$[3]'),
    json_extract(given.value, '$[4]'),
    json_extract(given.value, '$[5]'),
    json_extract(given.value, '$[6]'),
    json_extract(given.value, '$[7]'),
    json_extract(given.value, '$[8]'),
    json_extract(given.value, '$[9]'),
    coalesce(json_extract(given.value, '$[10]'), :now),
    json_extract(given.value, '$[11]'),
    coalesce(json_extract(given.value, '$[12]'), :now),
    json_extract(given.value, '$[13]'),
    json_extract(given.value, '$[14]')
FROM given
RETURNING event_id, event_timestamp, created_at, position
