-- Returns the hosts as they were at a position of the log. Only hosts with later events are folded from the log; the
-- others are as in host_entries. So the cost grows with the hosts and the later changes, not with the log.
WITH changed AS (
    SELECT DISTINCT e.aggregate_id AS id
    FROM host_events AS e
    WHERE e.position > :position
)

SELECT
    h.id,
    h.ip_address,
    h.hostname,
    h.comment,
    h.tags,
    h.aliases,
    h.priority,
    h.created_at,
    h.updated_at,
    h.event_version,
    h.first_position
FROM host_entries AS h
LEFT JOIN changed ON h.id = changed.id
WHERE changed.id IS NULL
UNION ALL
SELECT
    folded.id,
    folded.ip_address,
    folded.hostname,
    folded.comment,
    folded.tags,
    folded.aliases,
    folded.priority,
    folded.created_at,
    latest.created_at AS updated_at,
    folded.event_version,
    folded.first_position
FROM (
    SELECT
        e.aggregate_id AS id,
        substr(max(e.event_version || e.ip_address), 27) AS ip_address,
        substr(max(e.event_version || e.hostname), 27) AS hostname,
        nullif(substr(max(e.event_version || e.comment), 27), '') AS comment,
        coalesce(substr(max(e.event_version || e.tags), 27), '[]') AS tags,
        coalesce(substr(max(e.event_version || e.aliases), 27), '[]') AS aliases,
        coalesce(cast(substr(max(e.event_version || e.priority), 27) AS integer), 0) AS priority,
        max(e.event_timestamp) FILTER (WHERE e.event_type = 'HostCreated') AS created_at,
        max(e.event_version) AS event_version,
        min(e.position) AS first_position
    FROM changed
    INNER JOIN host_events AS e ON changed.id = e.aggregate_id
    WHERE e.position <= :position
    GROUP BY e.aggregate_id
    HAVING
        count(*) FILTER (WHERE e.event_type = 'HostCreated') = 1
        AND count(*) FILTER (WHERE e.event_type = 'HostDeleted') = 0
) AS folded
INNER JOIN host_events AS latest
    ON folded.id = latest.aggregate_id AND folded.event_version = latest.event_version
