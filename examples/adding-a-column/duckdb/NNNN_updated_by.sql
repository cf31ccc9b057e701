-- depends: 0006_following
-- What: host_entries.updated_by, who made the latest change of a host; NULL where nobody gave a name.
-- Why: an example, the one that CONTRIBUTING.md walks through; no part of hostsdb.
-- DBA: one UPDATE of every live host; undo loses nothing, the log has it all.

ALTER TABLE host_entries ADD COLUMN updated_by TEXT;

-- The guard refuses an update that no event explains, so it is away while the hosts that are there get theirs.
DROP TRIGGER host_entries_no_update ON host_entries;
UPDATE host_entries AS h
SET updated_by = nullif(e.created_by, '')
FROM host_events AS e
WHERE e.aggregate_id = h.id AND e.event_version = h.event_version;
CREATE TRIGGER host_entries_no_update AFTER UPDATE ON host_entries REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT INSERT INTO refusals
SELECT error('host_entries_guard: host_entries is kept by host_events: UPDATE is refused')
FROM new_rows, log_head AS head
WHERE head.position >= (SELECT coalesce(max(e.position), 0) FROM host_events AS e);

DROP TRIGGER host_events_3_changed ON host_events;
CREATE TRIGGER host_events_3_changed AFTER INSERT ON host_events REFERENCING NEW TABLE AS new_events
FOR EACH STATEMENT UPDATE host_entries AS h
SET
    ip_address = coalesce(n.ip_address, h.ip_address),
    hostname = coalesce(n.hostname, h.hostname),
    comment = nullif(coalesce(n.comment, h.comment), ''),
    tags = coalesce(n.tags, h.tags),
    aliases = coalesce(n.aliases, h.aliases),
    updated_at = n.created_at,
    event_version = n.event_version,
    updated_by = nullif(n.created_by, '')
FROM new_events AS n
WHERE h.id = n.aggregate_id AND n.event_type NOT IN ('HostCreated', 'HostDeleted');

DROP TRIGGER host_events_4_created ON host_events;
CREATE TRIGGER host_events_4_created AFTER INSERT ON host_events REFERENCING NEW TABLE AS new_events
FOR EACH STATEMENT INSERT INTO host_entries (
    id, ip_address, hostname, comment, tags, aliases, created_at, updated_at, event_version, updated_by
)
SELECT
    n.aggregate_id,
    n.ip_address,
    n.hostname,
    nullif(n.comment, ''),
    coalesce(n.tags, '[]'),
    coalesce(n.aliases, '[]'),
    n.event_timestamp,
    n.created_at,
    n.event_version,
    nullif(n.created_by, '')
FROM new_events AS n
WHERE n.event_type = 'HostCreated';

DROP VIEW host_entries_current;
DROP MACRO TABLE host_entries_at;
CREATE MACRO host_entries_at(moment) AS TABLE ( -- noqa: CP05
    SELECT
        e.aggregate_id AS id,
        last_value(e.ip_address IGNORE NULLS) OVER w AS ip_address,
        last_value(e.hostname IGNORE NULLS) OVER w AS hostname,
        nullif(last_value(e.comment IGNORE NULLS) OVER w, '') AS comment,
        coalesce(last_value(e.tags IGNORE NULLS) OVER w, '[]') AS tags,
        coalesce(last_value(e.aliases IGNORE NULLS) OVER w, '[]') AS aliases,
        first_value(e.event_timestamp) OVER w AS created_at,
        e.created_at AS updated_at,
        e.event_version,
        nullif(e.created_by, '') AS updated_by
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
    created_at,
    updated_at,
    event_version,
    updated_by
FROM host_entries_at('infinity');
