-- Rows of host_entries that differ from the log's fold. The subject is what differs, or who has a missing host's pair.
-- Differs because the fastest equal of host_entries_current is DuckDB's arg_max, which leaves NULLs out: 0.16 s on one
-- million events where the window took 0.4 s, and this statement 0.2 s.
WITH fold AS (
    SELECT
        e.aggregate_id AS id,
        arg_max(e.ip_address, e.event_version) AS ip_address,
        arg_max(e.hostname, e.event_version) AS hostname,
        nullif(arg_max(e.comment, e.event_version), '') AS comment,
        coalesce(arg_max(e.tags, e.event_version), '[]') AS tags,
        coalesce(arg_max(e.aliases, e.event_version), '[]') AS aliases,
        coalesce(arg_max(e.priority, e.event_version), 0) AS priority,
        arg_min(e.event_timestamp, e.event_version) AS created_at,
        arg_max(e.created_at, e.event_version) AS updated_at,
        max(e.event_version) AS event_version,
        arg_min(e.position, e.event_version) AS first_position
    FROM host_events AS e
    GROUP BY e.aggregate_id
    HAVING bool_or(e.event_type = 'HostCreated') AND NOT bool_or(e.event_type = 'HostDeleted')
)

SELECT
    CASE
        WHEN h.id IS NULL THEN 'entry_missing'
        WHEN f.id IS NULL THEN 'entry_extra'
        ELSE 'entry_differs'
    END AS kind,
    coalesce(h.id, f.id) AS id,
    CASE
        WHEN h.id IS NULL THEN o.id
        WHEN f.id IS NOT NULL THEN concat_ws(
            ', ',
            CASE WHEN h.ip_address <> f.ip_address THEN 'ip_address' END,
            CASE WHEN h.hostname <> f.hostname THEN 'hostname' END,
            CASE WHEN h.comment IS DISTINCT FROM f.comment THEN 'comment' END,
            CASE WHEN h.tags <> f.tags THEN 'tags' END,
            CASE WHEN h.aliases <> f.aliases THEN 'aliases' END,
            CASE WHEN h.priority <> f.priority THEN 'priority' END,
            CASE WHEN h.created_at <> f.created_at THEN 'created_at' END,
            CASE WHEN h.updated_at <> f.updated_at THEN 'updated_at' END,
            CASE WHEN h.event_version <> f.event_version THEN 'event_version' END,
            CASE WHEN h.first_position <> f.first_position THEN 'first_position' END
        )
    END AS subject
FROM host_entries AS h
FULL JOIN fold AS f ON h.id = f.id
LEFT JOIN host_entries AS o ON h.id IS NULL AND f.ip_address = o.ip_address AND f.hostname = o.hostname
WHERE
    h.id IS NULL
    OR f.id IS NULL
    OR h.ip_address <> f.ip_address
    OR h.hostname <> f.hostname
    OR h.comment IS DISTINCT FROM f.comment
    OR h.tags <> f.tags
    OR h.aliases <> f.aliases
    OR h.priority <> f.priority
    OR h.created_at <> f.created_at
    OR h.updated_at <> f.updated_at
    OR h.event_version <> f.event_version
    OR h.first_position <> f.first_position
LIMIT :limit -- noqa: AM09
