-- depends: 0003_host_entries
-- What: the current state, the history and any past moment, as folds of host_events.
-- Why: these define what host_entries must equal; host_entries_at answers for the past.
-- DBA: a table macro and two views, no data; they read events, where host_entries reads hosts.

-- FROM host_entries_at('2026-01-31 12:00:00+00'): the hosts that lived then. A host is there from its HostCreated on.
-- Differs because DuckDB has IGNORE NULLS, inside the parentheses.
CREATE MACRO host_entries_at(moment) AS TABLE (
    SELECT
        e.aggregate_id AS id,
        last_value(e.ip_address IGNORE NULLS) OVER w AS ip_address,
        last_value(e.hostname IGNORE NULLS) OVER w AS hostname,
        nullif(last_value(e.comment IGNORE NULLS) OVER w, '') AS comment,
        coalesce(last_value(e.tags IGNORE NULLS) OVER w, '[]') AS tags,
        coalesce(last_value(e.aliases IGNORE NULLS) OVER w, '[]') AS aliases,
        coalesce(last_value(e.priority IGNORE NULLS) OVER w, 0) AS priority,
        first_value(e.event_timestamp) OVER w AS created_at,
        e.created_at AS updated_at,
        e.event_version,
        first_value(e.position) OVER w AS first_position
    FROM host_events AS e
    WHERE e.created_at <= moment
    WINDOW
        w AS (
            PARTITION BY e.aggregate_id ORDER BY e.event_version
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        )
    QUALIFY
        e.event_version = last_value(e.event_version) OVER w
        AND e.event_type <> 'HostDeleted'
        AND first_value(e.event_type) OVER w = 'HostCreated'
);

CREATE VIEW host_entries_current AS
SELECT
    id,
    ip_address,
    hostname,
    comment,
    tags,
    aliases,
    priority,
    created_at,
    updated_at,
    event_version,
    first_position
FROM host_entries_at('infinity');

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

COMMENT ON MACRO TABLE host_entries_at IS 'The hosts that lived at a moment, computed from the log.'; -- noqa: PRS

COMMENT ON VIEW host_entries_current IS 'The live hosts, computed from the log. host_entries equals it.';

COMMENT ON VIEW host_entries_history IS 'Every event, host by host, in order.';
