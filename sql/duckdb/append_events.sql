-- Appends a run of events, given as a JSON array of objects with the columns as keys.
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
    given.n.event_id,
    given.n.aggregate_id,
    given.n.event_type,
    given.n.event_version,
    given.n.ip_address,
    given.n.hostname,
    given.n.comment,
    given.n.tags,
    given.n.aliases,
    given.n.priority,
    coalesce(given.n.event_timestamp, now()),
    given.n.metadata,
    coalesce(given.n.created_at, now()),
    given.n.created_by,
    given.n.expected_version
FROM (
    SELECT
        unnest(
            from_json(
                :events,
                '[{"event_id": "VARCHAR", "aggregate_id": "VARCHAR", "event_type": "VARCHAR",'
                || ' "event_version": "VARCHAR", "ip_address": "VARCHAR", "hostname": "VARCHAR",'
                || ' "comment": "VARCHAR", "tags": "VARCHAR", "aliases": "VARCHAR", "priority": "INTEGER",'
                || ' "event_timestamp": "TIMESTAMPTZ", "metadata": "VARCHAR", "created_at": "TIMESTAMPTZ",'
                || ' "created_by": "VARCHAR", "expected_version": "VARCHAR"}]'
            )
        ) AS n
) AS given
RETURNING event_id, event_timestamp, created_at, position
