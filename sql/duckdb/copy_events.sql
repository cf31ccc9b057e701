-- Differs because a statement cannot add an event and its successor: events come in another order than the log's, with
-- the positions that reserve_positions gave, and between suspend_copy_guards and resume_copy_guards.
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
    expected_version,
    position
)
SELECT
    given.n[1],
    given.n[2],
    given.n[3],
    given.n[4],
    given.n[5],
    given.n[6],
    given.n[7],
    given.n[8],
    given.n[9],
    given.n[10]::INTEGER,
    given.n[11]::TIMESTAMPTZ,
    given.n[12],
    given.n[13]::TIMESTAMPTZ,
    given.n[14],
    given.n[15],
    given.n[16]::BIGINT
FROM (SELECT unnest(from_json(:rows, '[["VARCHAR"]]')) AS n) AS given
