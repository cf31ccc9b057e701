-- Appends the events of several callers, stored now, as append_events_now does.
-- Differs because a caller must not wait for a lock that only another one needs: after :lock_timeout it fails, and each
-- caller appends its own events. The session's own lock_timeout is back at the end of the transaction.
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
    n.created_by,
    n.expected_version
FROM
    set_config('lock_timeout', :lock_timeout, TRUE)
CROSS JOIN
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
            created_by text,
            expected_version text
        )
RETURNING event_id, nullif(event_timestamp, created_at) AS event_timestamp, created_at, position
