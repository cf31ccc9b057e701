-- The fold of get_at_time for a page of hosts, in the order of an index: the sort by address would keep all in memory.
SELECT
    e.aggregate_id AS id,
    substr(max(e.event_version || e.ip_address), 27) AS ip_address,
    substr(max(e.event_version || e.hostname), 27) AS hostname,
    nullif(substr(max(e.event_version || e.comment), 27), '') AS comment,
    coalesce(substr(max(e.event_version || e.tags), 27), '[]') AS tags,
    coalesce(substr(max(e.event_version || e.aliases), 27), '[]') AS aliases,
    coalesce(cast(substr(max(e.event_version || e.priority), 27) AS INTEGER), 0) AS priority,
    max(e.event_timestamp) FILTER (WHERE e.event_type = 'HostCreated') AS created_at,
    substr(max(e.event_version || e.created_at), 27) AS updated_at,
    max(e.event_version) AS event_version,
    min(e.position) AS first_position
FROM host_events AS e
WHERE
    e.aggregate_id > :after
    AND e.aggregate_id <= :until
    AND replace(replace(e.created_at, 'T', ' '), 'Z', '+00:00') <= :moment
GROUP BY e.aggregate_id
HAVING max(e.event_type = 'HostCreated') = 1 AND max(e.event_type = 'HostDeleted') = 0
