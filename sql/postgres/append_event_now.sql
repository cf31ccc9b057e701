-- Appends one event by plain parameters, stored now. Differs because only the owner may name created_at here.
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
    coalesce(cast(:event_timestamp AS timestamptz), now()),
    :metadata,
    :created_by,
    :expected_version
)
RETURNING event_id, event_timestamp, created_at, position
