-- The form of 0004_native_view again; the rollback of this number's other file leaves it alone from 19 on.
DROP VIEW host_entries_current;
CREATE VIEW host_entries_current AS
SELECT id, ip_address, hostname, comment, tags, aliases, created_at, updated_at, event_version
FROM (
    SELECT
        aggregate_id AS id,
        last_value(ip_address) IGNORE NULLS OVER w AS ip_address,
        last_value(hostname) IGNORE NULLS OVER w AS hostname,
        nullif(last_value(comment) IGNORE NULLS OVER w, '') AS comment,
        coalesce(last_value(tags) IGNORE NULLS OVER w, '[]') AS tags,
        coalesce(last_value(aliases) IGNORE NULLS OVER w, '[]') AS aliases,
        first_value(event_timestamp) OVER w AS created_at,
        last_value(created_at) OVER w AS updated_at,
        event_version,
        event_type,
        last_value(event_version) OVER w AS latest_version
    FROM host_events
    WINDOW
        w AS (
            PARTITION BY aggregate_id ORDER BY event_version
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        )
) AS folded
WHERE event_version = latest_version AND event_type <> 'HostDeleted';
