-- depends: 0003_host_entries
-- What: the current state and the history, as folds of host_events.
-- Why: the fold defines what host_entries must equal. A past moment is the query file get_at_time.sql.
-- DBA: two views, no data.

-- Differs because SQLite has no IGNORE NULLS: a ULID has 26 characters, so the greatest version || value ends in the
-- last value that is not NULL.
CREATE VIEW host_entries_current AS
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
GROUP BY e.aggregate_id
HAVING max(e.event_type = 'HostCreated') = 1 AND max(e.event_type = 'HostDeleted') = 0;

CREATE VIEW host_entries_history AS
SELECT
    event_id,
    aggregate_id,
    event_type,
    event_version,
    ip_address,
    hostname,
    nullif(comment, '') AS comment,
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
ORDER BY aggregate_id, event_version;
