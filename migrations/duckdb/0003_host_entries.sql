-- depends: 0002_positions
-- What: host_entries, one row per live host, and the triggers that keep it in the statement that adds the event.
-- Why: readers pay for hosts, not for events; two live hosts can never share (ip_address, hostname).
-- DBA: only the triggers write host_entries; events that are there already are folded once; undo loses nothing.

CREATE TABLE host_entries (
    id TEXT NOT NULL,
    ip_address TEXT NOT NULL,
    hostname TEXT NOT NULL,
    comment TEXT,
    tags TEXT NOT NULL,
    aliases TEXT NOT NULL,
    priority INTEGER NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    event_version TEXT NOT NULL,
    first_position BIGINT NOT NULL,

    CONSTRAINT host_entries_pkey PRIMARY KEY (id),
    CONSTRAINT host_entries_ip_address_hostname UNIQUE (ip_address, hostname)
);

-- Differs because DuckDB reads an index of two columns only to keep it unique; find_by_ip_and_hostname goes by this
-- one. Not by the address: in a list of blocked names thousands share one.
CREATE INDEX host_entries_hostname ON host_entries (hostname);

INSERT INTO host_entries (
    id, ip_address, hostname, comment, tags, aliases, priority, created_at, updated_at, event_version, first_position
)
SELECT
    e.aggregate_id,
    arg_max(e.ip_address, e.event_version),
    arg_max(e.hostname, e.event_version),
    nullif(arg_max(e.comment, e.event_version), ''),
    coalesce(arg_max(e.tags, e.event_version), '[]'),
    coalesce(arg_max(e.aliases, e.event_version), '[]'),
    coalesce(arg_max(e.priority, e.event_version), 0),
    arg_min(e.event_timestamp, e.event_version),
    arg_max(e.created_at, e.event_version),
    max(e.event_version),
    min(e.position)
FROM host_events AS e
GROUP BY e.aggregate_id
HAVING NOT bool_or(e.event_type = 'HostDeleted');

-- host_entries' guards. Differs because a DuckDB trigger cannot ask how deep it runs: log_head is behind the log only
-- while the triggers of an insert run, and at any other time these refuse. A temporary log_head must not stand in.
CREATE TRIGGER host_entries_no_insert AFTER INSERT ON host_entries REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT INSERT INTO refusals
SELECT system.main.error('host_entries_guard: host_entries is kept by host_events: INSERT is refused')
FROM new_rows AS r
LEFT JOIN log_head AS head ON r.id IS NOT NULL
WHERE
    head.position >= (SELECT coalesce(system.main.max(e.position), 0) FROM host_events AS e)
    OR EXISTS (
        SELECT 1 FROM system.main.duckdb_columns() AS c
        WHERE c.database_name = 'temp' AND c.table_name IN ('host_events', 'log_head')
    );

CREATE TRIGGER host_entries_no_update AFTER UPDATE ON host_entries REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT INSERT INTO refusals
SELECT system.main.error('host_entries_guard: host_entries is kept by host_events: UPDATE is refused')
FROM new_rows AS r
LEFT JOIN log_head AS head ON r.id IS NOT NULL
WHERE
    head.position >= (SELECT coalesce(system.main.max(e.position), 0) FROM host_events AS e)
    OR EXISTS (
        SELECT 1 FROM system.main.duckdb_columns() AS c
        WHERE c.database_name = 'temp' AND c.table_name IN ('host_events', 'log_head')
    );

CREATE TRIGGER host_entries_no_delete AFTER DELETE ON host_entries REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT INSERT INTO refusals
SELECT system.main.error('host_entries_guard: host_entries is kept by host_events: DELETE is refused')
FROM old_rows AS r
LEFT JOIN log_head AS head ON r.id IS NOT NULL
WHERE
    (
        head.position >= (SELECT coalesce(system.main.max(e.position), 0) FROM host_events AS e)
        -- Only a copy records a live host as erased.
        AND r.id NOT IN (SELECT x.aggregate_id FROM erasures AS x)
    )
    OR EXISTS (
        SELECT 1 FROM system.main.duckdb_columns() AS c
        WHERE c.database_name = 'temp' AND c.table_name IN ('erasures', 'host_events', 'log_head')
    );

-- The triggers that keep host_entries fire in the order of their names: insert, update, delete. So one statement cannot
-- free an address and name and give them to another host: the log could not be replayed in the order of its positions.
-- They join on id alone, because DuckDB looks a single row up in the primary key only then. It looks the names in a
-- trigger's body up when it fires: USE an attached database before writing to it.

-- The predecessor is the host's newest event; so one statement adds one event of a host at most. And none takes the
-- address and name that another host of the statement has: see above. The inner join uses the primary key: an outer one
-- alone would read every host.
CREATE TRIGGER host_events_2_extends AFTER INSERT ON host_events REFERENCING NEW TABLE AS new_events
FOR EACH STATEMENT INSERT INTO refusals
WITH live AS (
    SELECT
        h.id,
        h.ip_address,
        h.hostname,
        h.event_version,
        n.event_type,
        coalesce(n.ip_address, h.ip_address) AS next_ip_address,
        coalesce(n.hostname, h.hostname) AS next_hostname
    FROM host_entries AS h
    INNER JOIN new_events AS n ON h.id = n.aggregate_id
)

SELECT
    system.main.error(
        CASE
            WHEN
                n.aggregate_id IN (SELECT e.aggregate_id FROM host_events AS e WHERE e.event_type = 'HostDeleted')
                THEN 'host_events_deleted: nothing follows HostDeleted: host ' || n.aggregate_id || ' is deleted'
            ELSE 'host_events_predecessor: host ' || n.aggregate_id || ' has another version'
        END
    )
FROM new_events AS n
LEFT JOIN live ON n.aggregate_id = live.id
WHERE n.event_type <> 'HostCreated' AND n.expected_version IS DISTINCT FROM live.event_version
UNION ALL
SELECT
    system.main.error('host_entries_ip_address_hostname: one statement cannot move an address and name between hosts')
FROM live AS taker
INNER JOIN live AS holder ON taker.next_ip_address = holder.ip_address AND taker.next_hostname = holder.hostname
WHERE taker.id <> holder.id AND taker.event_type <> 'HostDeleted';

CREATE TRIGGER host_events_3_created AFTER INSERT ON host_events REFERENCING NEW TABLE AS new_events
FOR EACH STATEMENT INSERT INTO host_entries (
    id, ip_address, hostname, comment, tags, aliases, priority, created_at, updated_at, event_version, first_position
)
SELECT
    n.aggregate_id,
    n.ip_address,
    n.hostname,
    nullif(n.comment, ''),
    coalesce(n.tags, '[]'),
    coalesce(n.aliases, '[]'),
    coalesce(n.priority, 0),
    n.event_timestamp,
    n.created_at,
    n.event_version,
    n.position
FROM new_events AS n
WHERE n.event_type = 'HostCreated';

CREATE TRIGGER host_events_4_changed AFTER INSERT ON host_events REFERENCING NEW TABLE AS new_events
FOR EACH STATEMENT UPDATE host_entries AS h
SET
    ip_address = coalesce(n.ip_address, h.ip_address),
    hostname = coalesce(n.hostname, h.hostname),
    comment = nullif(coalesce(n.comment, h.comment), ''),
    tags = coalesce(n.tags, h.tags),
    aliases = coalesce(n.aliases, h.aliases),
    priority = coalesce(n.priority, h.priority),
    updated_at = n.created_at,
    event_version = n.event_version
FROM new_events AS n
WHERE h.id = n.aggregate_id AND n.event_type NOT IN ('HostCreated', 'HostDeleted');

CREATE TRIGGER host_events_5_deleted AFTER INSERT ON host_events REFERENCING NEW TABLE AS new_events
FOR EACH STATEMENT DELETE FROM host_entries AS h
USING new_events AS n
WHERE h.id = n.aggregate_id AND n.event_type = 'HostDeleted';

COMMENT ON TABLE host_entries IS 'One row per live host. The triggers of host_events keep it.';
