-- depends: 0002_positions
-- What: host_entries, one row per live host, and the triggers that keep it in the transaction of the event.
-- Why: readers pay for hosts, not for events; two live hosts can never share (ip_address, hostname).
-- DBA: nobody writes host_entries but these triggers, whatever the conflict clause of the statement.

CREATE TABLE host_entries (
    id TEXT NOT NULL,
    ip_address TEXT NOT NULL,
    hostname TEXT NOT NULL,
    comment TEXT,
    tags TEXT NOT NULL,
    aliases TEXT NOT NULL,
    priority INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    event_version TEXT NOT NULL,
    first_position INTEGER NOT NULL,

    CONSTRAINT host_entries_pkey PRIMARY KEY (id)
) STRICT;

CREATE UNIQUE INDEX host_entries_ip_address_hostname ON host_entries (ip_address, hostname);
-- A look-up by name; the index above begins with the address.
CREATE INDEX host_entries_hostname ON host_entries (hostname, ip_address);

-- Events that are there already, after an undo of this migration, are folded once.
INSERT INTO host_entries (
    id, ip_address, hostname, comment, tags, aliases, priority, created_at, updated_at, event_version,
    first_position
)
SELECT
    e.aggregate_id,
    substr(max(e.event_version || e.ip_address), 27),
    substr(max(e.event_version || e.hostname), 27),
    nullif(substr(max(e.event_version || e.comment), 27), ''),
    coalesce(substr(max(e.event_version || e.tags), 27), '[]'),
    coalesce(substr(max(e.event_version || e.aliases), 27), '[]'),
    coalesce(cast(substr(max(e.event_version || e.priority), 27) AS INTEGER), 0),
    max(e.event_timestamp) FILTER (WHERE e.event_type = 'HostCreated'),
    substr(max(e.event_version || e.created_at), 27),
    max(e.event_version),
    min(e.position)
FROM host_events AS e
GROUP BY e.aggregate_id
HAVING max(e.event_type = 'HostDeleted') = 0;

-- A temporary trigger with raise(IGNORE) would skip the write to host_entries: so each trigger looks at its result.
-- The look for the pair comes first, because an outer INSERT OR REPLACE or OR IGNORE would pass its own way of
-- settling conflicts on to the statement in the trigger.
CREATE TRIGGER host_events_created AFTER INSERT ON host_events
WHEN new.event_type = 'HostCreated'
BEGIN
    SELECT raise(ABORT, 'host_entries_ip_address_hostname: a live host has this ip_address and hostname')
    WHERE EXISTS (
        SELECT 1 FROM host_entries AS h WHERE h.ip_address = new.ip_address AND h.hostname = new.hostname
    );
    INSERT INTO host_entries (
        id, ip_address, hostname, comment, tags, aliases, priority, created_at, updated_at, event_version,
        first_position
    )
    VALUES (
        new.aggregate_id,
        new.ip_address,
        new.hostname,
        nullif(new.comment, ''),
        coalesce(new.tags, '[]'),
        coalesce(new.aliases, '[]'),
        coalesce(new.priority, 0),
        new.event_timestamp,
        new.created_at,
        new.event_version,
        new.position
    );
    SELECT raise(ABORT, 'host_entries_guard: another trigger keeps host_entries from following host_events')
    WHERE NOT EXISTS (
        SELECT 1 FROM host_entries AS h WHERE h.id = new.aggregate_id AND h.event_version = new.event_version
    );
END;

CREATE TRIGGER host_events_changed AFTER INSERT ON host_events
WHEN new.event_type NOT IN ('HostCreated', 'HostDeleted')
BEGIN
    SELECT raise(ABORT, 'host_entries_ip_address_hostname: a live host has this ip_address and hostname')
    FROM host_entries AS changed
    INNER JOIN host_entries AS other
        ON
            other.ip_address = coalesce(new.ip_address, changed.ip_address)
            AND other.hostname = coalesce(new.hostname, changed.hostname)
    WHERE
        changed.id = new.aggregate_id AND other.id <> new.aggregate_id
        AND coalesce(new.ip_address, new.hostname) IS NOT NULL;
    -- Two statements: one that sets a column of an index writes the index, even if the value stays.
    UPDATE host_entries
    SET
        ip_address = coalesce(new.ip_address, ip_address),
        hostname = coalesce(new.hostname, hostname),
        updated_at = new.created_at,
        event_version = new.event_version
    WHERE id = new.aggregate_id AND new.event_type IN ('IpAddressChanged', 'HostnameChanged');
    UPDATE host_entries
    SET
        comment = nullif(coalesce(new.comment, comment), ''),
        tags = coalesce(new.tags, tags),
        aliases = coalesce(new.aliases, aliases),
        priority = coalesce(new.priority, priority),
        updated_at = new.created_at,
        event_version = new.event_version
    WHERE id = new.aggregate_id AND new.event_type NOT IN ('IpAddressChanged', 'HostnameChanged');
    SELECT raise(ABORT, 'host_entries_guard: another trigger keeps host_entries from following host_events')
    WHERE NOT EXISTS (
        SELECT 1 FROM host_entries AS h WHERE h.id = new.aggregate_id AND h.event_version = new.event_version
    );
END;

CREATE TRIGGER host_events_deleted AFTER INSERT ON host_events
WHEN new.event_type = 'HostDeleted'
BEGIN
    DELETE FROM host_entries WHERE id = new.aggregate_id;
    SELECT raise(ABORT, 'host_entries_guard: another trigger keeps host_entries from following host_events')
    WHERE EXISTS (SELECT 1 FROM host_entries AS h WHERE h.id = new.aggregate_id);
END;

-- The events of a host that is live in host_entries stay, whatever else is recorded as erased.
CREATE TRIGGER host_events_live BEFORE DELETE ON host_events
WHEN EXISTS (SELECT 1 FROM host_entries AS h WHERE h.id = old.aggregate_id)
BEGIN
    SELECT raise(ABORT, 'host_events_append_only: host_events is append-only: DELETE is refused');
END;

-- SQLite cannot tell who writes. But only while the triggers above run is the log one event ahead of the row, so a
-- write that takes the row to the newest event is theirs, and any other is refused.
CREATE TRIGGER host_entries_guard_insert BEFORE INSERT ON host_entries
WHEN
    EXISTS (SELECT 1 FROM host_entries AS h WHERE h.id = new.id)
    OR (new.event_version, 'HostCreated') IS NOT (
        SELECT
            e.event_version,
            e.event_type
        FROM host_events AS e
        WHERE e.aggregate_id = new.id
        ORDER BY e.event_version DESC
        LIMIT 1
    )
BEGIN
    SELECT raise(ABORT, 'host_entries_guard: host_entries is kept by host_events: INSERT is refused');
END;

CREATE TRIGGER host_entries_guard_update BEFORE UPDATE ON host_entries
WHEN
    new.id <> old.id
    OR new.event_version = old.event_version
    OR new.event_version <> (SELECT max(e.event_version) FROM host_events AS e WHERE e.aggregate_id = old.id)
BEGIN
    SELECT raise(ABORT, 'host_entries_guard: host_entries is kept by host_events: UPDATE is refused');
END;

-- Only a copy records a live host as erased.
CREATE TRIGGER host_entries_guard_delete BEFORE DELETE ON host_entries
WHEN
    coalesce((
        SELECT e.event_type FROM host_events AS e
        WHERE e.aggregate_id = old.id
        ORDER BY e.event_version DESC
        LIMIT 1
    ), '') <> 'HostDeleted'
    AND NOT EXISTS (SELECT 1 FROM erasures AS x WHERE x.aggregate_id = old.id)
BEGIN
    SELECT raise(ABORT, 'host_entries_guard: host_entries is kept by host_events: DELETE is refused');
END;
