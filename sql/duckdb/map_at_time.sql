-- The fold of get_at_time for a page of hosts: DuckDB keeps the values of all hosts that it folds in memory. Each page
-- scans the log.
SELECT
    e.aggregate_id AS id,
    arg_max(e.ip_address, e.position) AS ip_address,
    arg_max(e.hostname, e.position) AS hostname,
    nullif(arg_max(e.comment, e.position), '') AS comment,
    coalesce(arg_max(e.tags, e.position), '[]') AS tags,
    coalesce(arg_max(e.aliases, e.position), '[]') AS aliases,
    coalesce(arg_max(e.priority, e.position), 0) AS priority,
    arg_min(e.event_timestamp, e.position) AS created_at,
    arg_max(e.created_at, e.position) AS updated_at,
    arg_max(e.event_version, e.position) AS event_version,
    min(e.position) AS first_position
FROM host_events AS e
WHERE e.aggregate_id > :after AND e.aggregate_id <= :until AND e.created_at <= :moment
GROUP BY e.aggregate_id
HAVING bool_or(e.event_type = 'HostCreated') AND NOT bool_or(e.event_type = 'HostDeleted')
