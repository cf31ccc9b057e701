-- depends: 0006_following
-- What: host_entries.updated_by, who made the latest change of a host; NULL where nobody gave a name.
-- Why: an example, the one that CONTRIBUTING.md walks through; no part of hostsdb.
-- DBA: one UPDATE of every live host under ACCESS EXCLUSIVE on host_entries: nobody reads it meanwhile. Grants anew.

ALTER TABLE host_entries ADD COLUMN updated_by text COLLATE "C";

-- The guard refuses an update that no event explains, so it is away while the hosts that are there get theirs.
ALTER TABLE host_entries DISABLE TRIGGER host_entries_guard;
UPDATE host_entries AS h
SET updated_by = nullif(e.created_by, '')
FROM host_events AS e
WHERE e.aggregate_id = h.id AND e.event_version = h.event_version;
ALTER TABLE host_entries ENABLE TRIGGER host_entries_guard;

CREATE OR REPLACE FUNCTION host_events_after_insert() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
AS $$
DECLARE
    this_transaction bigint := pg_current_xact_id()::text::bigint;
    all_created boolean;
    foreign_position boolean;
    out_of_order boolean;
    e host_events;
BEGIN
    SELECT
        bool_and(n.event_type = 'HostCreated'),
        bool_or(n.position >> 22 <> this_transaction + (SELECT l.xid_offset FROM log_epoch AS l)),
        -- A subquery, not a join: it is one look into an index for each event that has a predecessor.
        bool_or(n.expected_version IS NOT NULL AND n.position < (
            SELECT p.position FROM host_events AS p
            WHERE p.aggregate_id = n.aggregate_id AND p.event_version = n.expected_version
        ))
    INTO all_created, foreign_position, out_of_order
    FROM new_events AS n;

    IF foreign_position THEN
        RAISE EXCEPTION 'position is given by the database'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'host_events_position_given',
                HINT = 'Leave the column position out of the INSERT.';
    END IF;
    IF out_of_order THEN
        RAISE EXCEPTION 'host_events_number started over within this transaction'
            USING ERRCODE = 'serialization_failure', HINT = 'Repeat the transaction, with the events of each host in order.';
    END IF;

    IF all_created THEN
        INSERT INTO host_entries (
            id, ip_address, hostname, comment, tags, aliases, created_at, updated_at, event_version, updated_by
        )
        SELECT
            n.aggregate_id, n.ip_address, n.hostname, nullif(n.comment, ''), coalesce(n.tags, '[]'),
            coalesce(n.aliases, '[]'), n.event_timestamp, n.created_at, n.event_version,
            nullif(n.created_by, '')
        FROM new_events AS n;
        RETURN NULL;
    END IF;

    FOR e IN SELECT n.* FROM new_events AS n ORDER BY n.position LOOP
        CASE e.event_type
            WHEN 'HostCreated' THEN
                INSERT INTO host_entries (
                    id, ip_address, hostname, comment, tags, aliases, created_at, updated_at, event_version, updated_by
                )
                VALUES (
                    e.aggregate_id, e.ip_address, e.hostname, nullif(e.comment, ''), coalesce(e.tags, '[]'),
                    coalesce(e.aliases, '[]'), e.event_timestamp, e.created_at, e.event_version,
                    nullif(e.created_by, '')
                );
            WHEN 'HostDeleted' THEN
                DELETE FROM host_entries AS h
                WHERE h.id = e.aggregate_id AND h.event_version = e.expected_version;
            ELSE
                UPDATE host_entries AS h
                SET
                    ip_address = coalesce(e.ip_address, h.ip_address),
                    hostname = coalesce(e.hostname, h.hostname),
                    comment = nullif(coalesce(e.comment, h.comment), ''),
                    tags = coalesce(e.tags, h.tags),
                    aliases = coalesce(e.aliases, h.aliases),
                    updated_at = e.created_at,
                    event_version = e.event_version,
                    updated_by = nullif(e.created_by, '')
                WHERE h.id = e.aggregate_id AND h.event_version = e.expected_version;
        END CASE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'nothing follows HostDeleted: host % is deleted', e.aggregate_id
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'host_events_deleted',
                    HINT = 'Create a new host.';
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;

-- CREATE OR REPLACE has taken the search_path off.
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION host_events_after_insert() SET search_path = pg_catalog, %I, pg_temp', current_schema());
END
$$;

DROP VIEW host_entries_current;
DROP FUNCTION host_entries_at(timestamptz);
CREATE FUNCTION host_entries_at(moment timestamptz) RETURNS TABLE (
    id text,
    ip_address text,
    hostname text,
    comment text,
    tags text,
    aliases text,
    created_at timestamptz,
    updated_at timestamptz,
    event_version text,
    updated_by text
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        f.id,
        f.ip_address,
        f.hostname,
        f.comment,
        f.tags,
        f.aliases,
        f.created_at,
        timestamptz '2000-01-01 00:00:00+00' + f.microseconds / 3600000000 * interval '1 hour'
        + f.microseconds % 3600000000 * interval '1 microsecond' AS updated_at,
        f.event_version,
        f.updated_by
    FROM (
        SELECT
            e.aggregate_id AS id,
            substr(max(e.event_version || e.ip_address), 27) AS ip_address,
            substr(max(e.event_version || e.hostname), 27) AS hostname,
            nullif(substr(max(e.event_version || e.comment), 27), '') AS comment,
            coalesce(substr(max(e.event_version || e.tags), 27), '[]') AS tags,
            coalesce(substr(max(e.event_version || e.aliases), 27), '[]') AS aliases,
            max(e.event_timestamp) FILTER (WHERE e.event_type = 'HostCreated') AS created_at,
            ('x' || substr(max(e.event_version || encode(timestamptz_send(e.created_at), 'hex')), 27))::bit(64)::bigint
                AS microseconds,
            max(e.event_version) AS event_version,
            nullif(substr(max(e.event_version || coalesce(e.created_by, '')), 27), '') AS updated_by
        FROM host_events AS e
        WHERE e.created_at <= moment
        GROUP BY e.aggregate_id
        HAVING bool_or(e.event_type = 'HostCreated') AND NOT bool_or(e.event_type = 'HostDeleted')
    ) AS f;
END;

CREATE VIEW host_entries_current AS
SELECT
    id COLLATE "C" AS id,
    ip_address COLLATE "C" AS ip_address,
    hostname COLLATE "C" AS hostname,
    comment COLLATE "C" AS comment,
    tags COLLATE "C" AS tags,
    aliases COLLATE "C" AS aliases,
    created_at,
    updated_at,
    event_version COLLATE "C" AS event_version,
    updated_by COLLATE "C" AS updated_by
FROM host_entries_at('infinity');
