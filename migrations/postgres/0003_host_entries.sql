-- depends: 0002_positions
-- What: host_entries, one row per live host, and the trigger that keeps it in the transaction of the event.
-- Why: readers pay for hosts, not for events; two live hosts can never share (ip_address, hostname).
-- DBA: nobody writes host_entries but the trigger; a statement of creations alone is kept set-wise.

CREATE TABLE host_entries (
    id text COLLATE "C" NOT NULL,
    ip_address text COLLATE "C" NOT NULL,
    hostname text COLLATE "C" NOT NULL,
    comment text COLLATE "C",
    tags text COLLATE "C" NOT NULL,
    aliases text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    event_version text COLLATE "C" NOT NULL,

    CONSTRAINT host_entries_pkey PRIMARY KEY (id),
    CONSTRAINT host_entries_ip_address_hostname UNIQUE (ip_address, hostname)
);

-- Events that are there already, after an undo of this migration, are folded once.
INSERT INTO host_entries (
    id, ip_address, hostname, comment, tags, aliases, created_at, updated_at, event_version
)
SELECT
    e.aggregate_id,
    substr(max(e.event_version || e.ip_address), 27),
    substr(max(e.event_version || e.hostname), 27),
    nullif(substr(max(e.event_version || e.comment), 27), ''),
    coalesce(substr(max(e.event_version || e.tags), 27), '[]'),
    coalesce(substr(max(e.event_version || e.aliases), 27), '[]'),
    max(e.event_timestamp) FILTER (WHERE e.event_type = 'HostCreated'),
    (array_agg(e.created_at ORDER BY e.event_version DESC))[1],
    max(e.event_version)
FROM host_events AS e
GROUP BY e.aggregate_id
HAVING NOT bool_or(e.event_type = 'HostDeleted');

-- The trigger below writes at depth 2; a client's own statement is at depth 1.
CREATE FUNCTION host_entries_guard() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'host_entries is kept by host_events: % is refused', tg_op
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'host_entries_guard',
                HINT = 'Append an event to host_events.';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER host_entries_guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON host_entries
FOR EACH STATEMENT EXECUTE FUNCTION host_entries_guard();

-- Brings host_entries along with the events of one statement. SECURITY DEFINER: a writer needs no right on
-- host_entries. The new version must extend the one that host_entries has; with host_events' own constraints in
-- force, one that does not follows a HostDeleted.
CREATE FUNCTION host_events_after_insert() RETURNS trigger
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
            id, ip_address, hostname, comment, tags, aliases, created_at, updated_at, event_version
        )
        SELECT
            n.aggregate_id, n.ip_address, n.hostname, nullif(n.comment, ''), coalesce(n.tags, '[]'),
            coalesce(n.aliases, '[]'), n.event_timestamp, n.created_at, n.event_version
        FROM new_events AS n;
        RETURN NULL;
    END IF;

    FOR e IN SELECT n.* FROM new_events AS n ORDER BY n.position LOOP
        CASE e.event_type
            WHEN 'HostCreated' THEN
                INSERT INTO host_entries (
                    id, ip_address, hostname, comment, tags, aliases, created_at, updated_at, event_version
                )
                VALUES (
                    e.aggregate_id, e.ip_address, e.hostname, nullif(e.comment, ''), coalesce(e.tags, '[]'),
                    coalesce(e.aliases, '[]'), e.event_timestamp, e.created_at, e.event_version
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
                    event_version = e.event_version
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

REVOKE EXECUTE ON FUNCTION host_events_after_insert() FROM public;

CREATE TRIGGER host_events_after_insert AFTER INSERT ON host_events
REFERENCING NEW TABLE AS new_events
FOR EACH STATEMENT EXECUTE FUNCTION host_events_after_insert();

-- The functions above see this schema and no other, whatever the caller's search_path is.
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION host_events_before_insert() SET search_path = pg_catalog, %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION host_events_after_insert() SET search_path = pg_catalog, %I, pg_temp', current_schema());
END
$$;
