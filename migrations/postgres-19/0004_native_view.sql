-- depends: 0004_views
-- What: host_entries_current in PostgreSQL 19's own IGNORE NULLS window form.
-- Why: this is the definition as the design states it; 15-18 have the equal but older form.
-- DBA: replaces one view, columns and rows stay the same; read only by servers from 19 on.

CREATE OR REPLACE VIEW host_entries_current AS
SELECT
    id, ip_address, hostname, comment, tags, aliases, priority, created_at, updated_at, event_version, first_position
FROM (
    SELECT
        aggregate_id AS id,
        last_value(ip_address) IGNORE NULLS OVER w AS ip_address,
        last_value(hostname) IGNORE NULLS OVER w AS hostname,
        nullif(last_value(comment) IGNORE NULLS OVER w, '') AS comment,
        coalesce(last_value(tags) IGNORE NULLS OVER w, '[]') AS tags,
        coalesce(last_value(aliases) IGNORE NULLS OVER w, '[]') AS aliases,
        coalesce(last_value(priority) IGNORE NULLS OVER w, 0) AS priority,
        first_value(event_timestamp) OVER w AS created_at,
        last_value(created_at) OVER w AS updated_at,
        event_version,
        event_type,
        first_value(position) OVER w AS first_position,
        last_value(event_version) OVER w AS latest_version
    FROM host_events
    WINDOW
        w AS (
            PARTITION BY aggregate_id ORDER BY event_version
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        )
) AS folded
WHERE event_version = latest_version AND event_type <> 'HostDeleted';
