-- depends: 0006_following
-- What: host_entries.updated_by, who made the latest change of a host; NULL where nobody gave a name.
-- Why: an example, the one that CONTRIBUTING.md walks through; no part of hostsdb.
-- DBA: one UPDATE of every live host, and writers wait for it; undo loses nothing, the log has it all.

ALTER TABLE host_entries ADD COLUMN updated_by TEXT;

-- The guard refuses an update that no event explains, so it is away while the hosts that are there get theirs.
DROP TRIGGER host_entries_guard_update;
UPDATE host_entries
SET
    updated_by = (
        SELECT nullif(e.created_by, '') FROM host_events AS e
        WHERE e.aggregate_id = host_entries.id AND e.event_version = host_entries.event_version
    );
CREATE TRIGGER host_entries_guard_update BEFORE UPDATE ON host_entries
WHEN
    new.id <> old.id
    OR new.event_version = old.event_version
    OR new.event_version <> (SELECT max(e.event_version) FROM host_events AS e WHERE e.aggregate_id = old.id)
BEGIN
    SELECT raise(ABORT, 'host_entries_guard: host_entries is kept by host_events: UPDATE is refused');
END;

DROP TRIGGER host_events_created;
CREATE TRIGGER host_events_created AFTER INSERT ON host_events
WHEN new.event_type = 'HostCreated'
BEGIN
    SELECT raise(ABORT, 'host_entries_ip_address_hostname: a live host has this ip_address and hostname')
    WHERE EXISTS (
        SELECT 1 FROM host_entries AS h WHERE h.ip_address = new.ip_address AND h.hostname = new.hostname
    );
    INSERT INTO host_entries (
        id, ip_address, hostname, comment, tags, aliases, created_at, updated_at, event_version, updated_by
    )
    VALUES (
        new.aggregate_id,
        new.ip_address,
        new.hostname,
        nullif(new.comment, ''),
        coalesce(new.tags, '[]'),
        coalesce(new.aliases, '[]'),
        new.event_timestamp,
        new.created_at,
        new.event_version,
        nullif(new.created_by, '')
    );
END;

DROP TRIGGER host_events_changed;
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
    UPDATE host_entries
    SET
        ip_address = coalesce(new.ip_address, ip_address),
        hostname = coalesce(new.hostname, hostname),
        comment = nullif(coalesce(new.comment, comment), ''),
        tags = coalesce(new.tags, tags),
        aliases = coalesce(new.aliases, aliases),
        updated_at = new.created_at,
        event_version = new.event_version,
        updated_by = nullif(new.created_by, '')
    WHERE id = new.aggregate_id;
END;

DROP VIEW host_entries_current;
CREATE VIEW host_entries_current AS
SELECT
    e.aggregate_id AS id,
    substr(max(e.event_version || e.ip_address), 27) AS ip_address,
    substr(max(e.event_version || e.hostname), 27) AS hostname,
    nullif(substr(max(e.event_version || e.comment), 27), '') AS comment,
    coalesce(substr(max(e.event_version || e.tags), 27), '[]') AS tags,
    coalesce(substr(max(e.event_version || e.aliases), 27), '[]') AS aliases,
    max(e.event_timestamp) FILTER (WHERE e.event_type = 'HostCreated') AS created_at,
    substr(max(e.event_version || e.created_at), 27) AS updated_at,
    max(e.event_version) AS event_version,
    nullif(substr(max(e.event_version || coalesce(e.created_by, '')), 27), '') AS updated_by
FROM host_events AS e
GROUP BY e.aggregate_id
HAVING max(e.event_type = 'HostCreated') = 1 AND max(e.event_type = 'HostDeleted') = 0;
