-- The next events after a position. Differs because transactions commit out of order here: what an unfinished one
-- may still precede stays hidden until it has ended.
SELECT
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
FROM host_events
WHERE position > :position AND position < log_horizon()
ORDER BY position
LIMIT :limit
