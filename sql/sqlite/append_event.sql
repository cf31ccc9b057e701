-- Appends one event by plain parameters. It takes no JSON apart, which append_events does for many.
-- Differs because SQLite's clock counts milliseconds: the writer's time comes along.
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
VALUES (
    :event_id,
    :aggregate_id,
    :event_type,
    :event_version,
    :ip_address,
    :hostname,
    :comment,
    :tags,
    :aliases,
    :priority,
    coalesce(:event_timestamp, :now),
    :metadata,
    coalesce(:created_at, :now),
    :created_by,
    :expected_version
)
RETURNING event_id, event_timestamp, created_at, position
