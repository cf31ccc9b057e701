-- Appends a run of events, given as a JSON array of objects with the columns as keys, in its order.
-- Returns NULL for an event_timestamp that is created_at, as most are: the driver converts one time less.
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
    n.event_id,
    n.aggregate_id,
    n.event_type,
    n.event_version,
    n.ip_address,
    n.hostname,
    n.comment,
    n.tags,
    n.aliases,
    n.priority,
    coalesce(n.event_timestamp, now()),
    n.metadata,
    coalesce(n.created_at, now()),
    n.created_by,
    n.expected_version
FROM
    json_to_recordset(:events::json)
        AS n (
            event_id text,
            aggregate_id text,
            event_type text,
            event_version text,
            ip_address text,
            hostname text,
            comment text,
            tags text,
            aliases text,
            priority integer,
            event_timestamp timestamptz,
            metadata text,
            created_at timestamptz,
            created_by text,
            expected_version text
        )
RETURNING event_id, nullif(event_timestamp, created_at) AS event_timestamp, created_at, position
