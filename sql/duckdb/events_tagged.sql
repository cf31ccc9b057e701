-- The same as events_matching, with the tags that the host had before the event. Only candidates for the caller to
-- compare: no JSON is parsed, because a row with invalid JSON would fail the statement. A text with a JSON escape is a
-- candidate. :tag is a wanted tag as a JSON string.
-- Differs because DuckDB would join each event with all earlier ones of its host for a correlated subquery.
WITH tagged AS (
    SELECT
        aggregate_id,
        event_version,
        tags
    FROM host_events
    WHERE tags IS NOT NULL
),

candidates AS (
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
        t.tags AS earlier_tags,
        coalesce(e.tags, '') || ' ' || coalesce(t.tags, '') AS candidate_tags
    FROM host_events AS e
    ASOF LEFT JOIN tagged AS t
        ON e.aggregate_id = t.aggregate_id AND e.event_version > t.event_version
    WHERE
        e.position > :after AND e.position <= :until
        AND e.aggregate_id = coalesce(cast(:aggregate_id AS text), e.aggregate_id)
        AND (:event_types = '' OR :event_types LIKE '% ' || e.event_type || ' %')
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
