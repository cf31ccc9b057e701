-- depends: 0002_positions
-- What: host_entries, one row per live host, and the triggers that keep it in the statement that adds the event.
-- Why: readers pay for hosts, not for events; two live hosts can never share (ip_address, hostname).
-- DBA: nobody writes host_entries but the triggers; events that are there already are folded once; undo loses nothing.

CREATE TABLE host_entries (
    id TEXT NOT NULL,
    ip_address TEXT NOT NULL,
    hostname TEXT NOT NULL,
    comment TEXT,
    tags TEXT NOT NULL,
    aliases TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    event_version TEXT NOT NULL,

    CONSTRAINT host_entries_pkey PRIMARY KEY (id),
    CONSTRAINT host_entries_ip_address_hostname UNIQUE (ip_address, hostname)
);

-- Differs because DuckDB reads an index of two columns only to keep it unique; find_by_ip_and_hostname goes by this
-- one. Not by the address: in a list of blocked names thousands share one.
CREATE INDEX host_entries_hostname ON host_entries (hostname);

INSERT INTO host_entries (
    id, ip_address, hostname, comment, tags, aliases, created_at, updated_at, event_version
)
SELECT
    e.aggregate_id,
    arg_max(e.ip_address, e.event_version),
    arg_max(e.hostname, e.event_version),
    nullif(arg_max(e.comment, e.event_version), ''),
    coalesce(arg_max(e.tags, e.event_version), '[]'),
    coalesce(arg_max(e.aliases, e.event_version), '[]'),
    arg_min(e.event_timestamp, e.event_version),
    arg_max(e.created_at, e.event_version),
    max(e.event_version)
FROM host_events AS e
GROUP BY e.aggregate_id
HAVING NOT bool_or(e.event_type = 'HostDeleted');

-- host_entries' guards. Differs because a DuckDB trigger cannot ask how deep it runs: log_head is behind the log only
-- while the triggers of an insert run, and at any other time these refuse.
CREATE TRIGGER host_entries_no_insert AFTER INSERT ON host_entries REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT INSERT INTO refusals
SELECT error('host_entries_guard: host_entries is kept by host_events: INSERT is refused')
FROM new_rows, log_head AS head
WHERE head.position >= (SELECT coalesce(max(e.position), 0) FROM host_events AS e);

CREATE TRIGGER host_entries_no_update AFTER UPDATE ON host_entries REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT INSERT INTO refusals
SELECT error('host_entries_guard: host_entries is kept by host_events: UPDATE is refused')
FROM new_rows, log_head AS head
WHERE head.position >= (SELECT coalesce(max(e.position), 0) FROM host_events AS e);

CREATE TRIGGER host_entries_no_delete AFTER DELETE ON host_entries REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT INSERT INTO refusals
SELECT error('host_entries_guard: host_entries is kept by host_events: DELETE is refused')
FROM old_rows, log_head AS head
WHERE head.position >= (SELECT coalesce(max(e.position), 0) FROM host_events AS e);

-- The triggers that keep host_entries fire in the order of their names: what frees a pair comes before what takes it.
-- They join on id alone, because DuckDB looks a single row up in the primary key only then. It looks the names in a
-- trigger's body up when it fires: USE an attached database before writing to it.

-- The new version must extend the one that host_entries has; with host_events' own constraints in force, one that
-- does not follows a HostDeleted. The inner join uses the primary key: an outer one alone would read every host.
CREATE TRIGGER host_events_1_extends AFTER INSERT ON host_events REFERENCING NEW TABLE AS new_events
FOR EACH STATEMENT INSERT INTO refusals
WITH live AS (
    SELECT
        h.id,
        h.event_version
    FROM host_entries AS h
    INNER JOIN new_events AS n ON h.id = n.aggregate_id
)

SELECT error('host_events_deleted: nothing follows HostDeleted: host ' || n.aggregate_id || ' is deleted')
FROM new_events AS n
LEFT JOIN live ON n.aggregate_id = live.id
WHERE n.event_type <> 'HostCreated' AND n.expected_version IS DISTINCT FROM live.event_version;

CREATE TRIGGER host_events_2_deleted AFTER INSERT ON host_events REFERENCING NEW TABLE AS new_events
FOR EACH STATEMENT DELETE FROM host_entries AS h
USING new_events AS n
WHERE h.id = n.aggregate_id AND n.event_type = 'HostDeleted';

CREATE TRIGGER host_events_3_changed AFTER INSERT ON host_events REFERENCING NEW TABLE AS new_events
FOR EACH STATEMENT UPDATE host_entries AS h
SET
    ip_address = coalesce(n.ip_address, h.ip_address),
    hostname = coalesce(n.hostname, h.hostname),
    comment = nullif(coalesce(n.comment, h.comment), ''),
    tags = coalesce(n.tags, h.tags),
    aliases = coalesce(n.aliases, h.aliases),
    updated_at = n.created_at,
    event_version = n.event_version
FROM new_events AS n
WHERE h.id = n.aggregate_id AND n.event_type NOT IN ('HostCreated', 'HostDeleted');

CREATE TRIGGER host_events_4_created AFTER INSERT ON host_events REFERENCING NEW TABLE AS new_events
FOR EACH STATEMENT INSERT INTO host_entries (
    id, ip_address, hostname, comment, tags, aliases, created_at, updated_at, event_version
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
    n.event_version
FROM new_events AS n
WHERE n.event_type = 'HostCreated';
