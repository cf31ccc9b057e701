-- The same as events_matching, with the tags that the host had before the event. Only candidates for the caller to
-- compare: no JSON is parsed, because a row with invalid JSON would fail the statement. A text with a JSON escape is a
-- candidate. :tag is a wanted tag as a JSON string.
WITH read_events AS (
    SELECT
        e.event_id,
        e.aggregate_id,
        e.event_type,
        e.event_version,
        e.ip_address,
        e.hostname,
        e.comment,
        e.tags,
        e.aliases,
        e.priority,
        e.event_timestamp,
        e.metadata,
        e.created_at,
        e.created_by,
        e.expected_version,
        e.position,
        (
            SELECT t.tags
            FROM host_events AS t
            WHERE
                t.aggregate_id = e.aggregate_id AND t.event_version < e.event_version
                AND t.tags IS NOT NULL
            ORDER BY t.event_version DESC
            LIMIT 1
        ) AS earlier_tags
    FROM host_events AS e
    WHERE
        e.position > :after AND e.position <= :until
        AND e.aggregate_id = coalesce(cast(:aggregate_id AS text), e.aggregate_id)
        AND (:event_types = '' OR :event_types LIKE '% ' || e.event_type || ' %')
),

candidates AS (
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
        position,
        earlier_tags,
        coalesce(tags, '') || ' ' || coalesce(earlier_tags, '') AS candidate_tags
    FROM read_events
)

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
    position,
    earlier_tags
FROM candidates
WHERE
    replace(candidate_tags, :tag, '') <> candidate_tags
    OR replace(candidate_tags, '\', '') <> candidate_tags
ORDER BY position
LIMIT :limit
