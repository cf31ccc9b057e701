-- host_entries_at(moment), a text in UTC as hostsdb writes it: 'YYYY-MM-DD HH:MM:SS.ffffff+00:00'.
-- Differs because SQLite has no functions written in SQL; see host_entries_current.
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
WHERE replace(replace(e.created_at, 'T', ' '), 'Z', '+00:00') <= :moment
GROUP BY e.aggregate_id
HAVING max(e.event_type = 'HostCreated') = 1 AND max(e.event_type = 'HostDeleted') = 0
ORDER BY ip_address, hostname
