-- The events between two positions, of one host or of all (NULL), of some types or of all (''). :event_types has each
-- type between two blanks.
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
WHERE
    position > :after AND position <= :until
    AND aggregate_id = coalesce(cast(:aggregate_id AS text), aggregate_id)
    AND (:event_types = '' OR :event_types LIKE '% ' || event_type || ' %')
ORDER BY position
LIMIT :limit
