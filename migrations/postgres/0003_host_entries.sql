-- depends: 0002_positions
-- What: host_entries, one row per live host, and the trigger that keeps it in the transaction of the event.
-- Why: readers pay for hosts, not for events; two live hosts can never share (ip_address, hostname).
-- DBA: nobody writes host_entries but the trigger. The lock makes writers wait until the log is folded.

-- Before the log is read: an event that is committed in between would be missing in host_entries.
LOCK TABLE host_events IN SHARE ROW EXCLUSIVE MODE;

CREATE TABLE host_entries (
    id text COLLATE "C" NOT NULL,
    ip_address text COLLATE "C" NOT NULL,
    hostname text COLLATE "C" NOT NULL,
    comment text COLLATE "C",
    tags text COLLATE "C" NOT NULL,
    aliases text COLLATE "C" NOT NULL,
    priority integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    event_version text COLLATE "C" NOT NULL,
    first_position bigint NOT NULL,

    CONSTRAINT host_entries_pkey PRIMARY KEY (id),
    CONSTRAINT host_entries_ip_address_hostname UNIQUE (ip_address, hostname)
)
-- Room for a new version of each row on its page: then an update that keeps address and hostname needs no new index
-- entry. With 100, one transaction that changed every host made 15 % of its updates that way, and more bytes than this.
WITH (fillfactor = 50);
COMMENT ON TABLE host_entries IS 'The current state: one row per live host. Only host_events writes it.';
COMMENT ON COLUMN host_entries.id IS 'The id of the host: aggregate_id of its events.';
COMMENT ON COLUMN host_entries.ip_address IS 'Its address.';
COMMENT ON COLUMN host_entries.hostname IS 'Its name.';
COMMENT ON COLUMN host_entries.comment IS 'Its comment; NULL: none.';
COMMENT ON COLUMN host_entries.tags IS 'Its tags, a JSON array of strings.';
COMMENT ON COLUMN host_entries.aliases IS 'Its aliases, a JSON array of strings.';
COMMENT ON COLUMN host_entries.priority IS 'Its place among the hosts, lower first; then by first_position.';
COMMENT ON COLUMN host_entries.created_at IS 'event_timestamp of its first event.';
COMMENT ON COLUMN host_entries.updated_at IS 'created_at of its latest event.';
COMMENT ON COLUMN host_entries.event_version IS 'The version after its latest event.';
COMMENT ON COLUMN host_entries.first_position IS 'The position of its first event.';

-- A look-up by name; the constraint's index begins with the address.
CREATE INDEX host_entries_hostname ON host_entries (hostname, ip_address);

-- Events that are there already, after an undo of this migration, are folded once.
INSERT INTO host_entries (
    id, ip_address, hostname, comment, tags, aliases, priority, created_at, updated_at, event_version, first_position
)
SELECT
    e.aggregate_id,
    substr(max(e.event_version || e.ip_address), 27),
    substr(max(e.event_version || e.hostname), 27),
    nullif(substr(max(e.event_version || e.comment), 27), ''),
    coalesce(substr(max(e.event_version || e.tags), 27), '[]'),
    coalesce(substr(max(e.event_version || e.aliases), 27), '[]'),
    coalesce(substr(max(e.event_version || e.priority), 27)::integer, 0),
    max(e.event_timestamp) FILTER (WHERE e.event_type = 'HostCreated'),
    (array_agg(e.created_at ORDER BY e.event_version DESC))[1],
    max(e.event_version),
    max(e.position) FILTER (WHERE e.event_type = 'HostCreated')
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
COMMENT ON FUNCTION host_entries_guard() IS 'Trigger function: refuses every write but that of host_events.';

CREATE TRIGGER host_entries_guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON host_entries
FOR EACH STATEMENT EXECUTE FUNCTION host_entries_guard();

-- A loop: a single expression of ten digits took a tenth of the time of an append, as each statement prepares its
-- expressions again.
CREATE FUNCTION ulid_time(ulid text) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    milliseconds bigint := 0;
BEGIN
    FOR place IN 1..10 LOOP
        milliseconds := milliseconds << 5 | strpos('0123456789ABCDEFGHJKMNPQRSTVWXYZ', substr(ulid, place, 1)) - 1;
    END LOOP;
    RETURN milliseconds;
END
$$;
COMMENT ON FUNCTION ulid_time(text) IS 'The time part of a ULID: milliseconds since 1970.';

CREATE FUNCTION host_pair(host text, version text) RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT concat(
        (
            SELECT e.ip_address FROM host_events AS e
            WHERE e.aggregate_id = host AND e.event_version <= version AND e.ip_address IS NOT NULL
            ORDER BY e.event_version DESC
            LIMIT 1
        ),
        ' ',
        (
            SELECT e.hostname FROM host_events AS e
            WHERE e.aggregate_id = host AND e.event_version <= version AND e.hostname IS NOT NULL
            ORDER BY e.event_version DESC
            LIMIT 1
        )
    );
END;
COMMENT ON FUNCTION host_pair(text, text) IS 'The address and the hostname that a host had at a version.';

-- Brings host_entries along with the events of one statement. SECURITY DEFINER: a writer needs no right on
-- host_entries. The new version must extend the one that host_entries has; with host_events' own constraints in
-- force, one that does not follows a HostDeleted.
CREATE FUNCTION host_events_after_insert() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    path text := set_config('search_path', format('pg_catalog, %I, pg_temp', tg_table_schema), TRUE);
    number bigint := 1;
    lowest bigint;
    highest bigint;
    latest bigint;
    first_position bigint;
    version text;
    all_created boolean;
    pairs_stay boolean := FALSE;
    digits CONSTANT text := '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
    clock bigint;
    schema_oid integer;
    notified text;
    events refcursor;
    e record;
BEGIN
    -- Most statements have one event. Each expression and query is prepared again for each statement, so they have few.
    SELECT
        n.*,
        (pg_current_xact_id()::text::bigint + (SELECT l.xid_offset FROM log_epoch AS l)) << 22 AS first_position,
        EXISTS (SELECT FROM erasures) AS any_erased,
        EXISTS (SELECT FROM new_events OFFSET 1) AS has_more
    INTO e
    FROM new_events AS n
    LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    first_position := e.first_position;
    IF e.has_more THEN
        SELECT
            count(*), min(n.position), max(n.position), max(n.event_version), bool_and(n.event_type = 'HostCreated'),
            bool_and(n.event_type NOT IN ('IpAddressChanged', 'HostnameChanged', 'HostDeleted'))
        INTO number, lowest, highest, version, all_created, pairs_stay
        FROM new_events AS n;
    ELSE
        lowest := e.position;
        highest := lowest;
        version := e.event_version;
        all_created := e.event_type = 'HostCreated';
    END IF;

    IF lowest < first_position OR highest >= first_position + 4194304 THEN
        -- The first: more events than a transaction has numbers. The second: the sequence started again at 0.
        IF
            highest >= first_position + 4194304 AND highest < first_position + 8388608 AND lowest >= first_position
            OR lowest < -1152921504606846976
        THEN
            RAISE EXCEPTION 'the numbers of positions ended within this transaction'
                USING ERRCODE = 'serialization_failure',
                    HINT = 'Repeat the transaction; one transaction can add at most 4,194,304 events.';
        END IF;
        RAISE EXCEPTION 'position is given by the database'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'host_events_position_given',
                HINT = 'Leave the column position out of the INSERT.';
    END IF;

    -- Nested, as only a condition without a query runs without a query's executor.
    IF e.any_erased THEN
        IF
            EXISTS (SELECT FROM new_events AS n INNER JOIN erasures AS r ON n.aggregate_id = r.aggregate_id)
            OR EXISTS (SELECT FROM new_events AS n INNER JOIN erased_events AS x ON n.event_id = x.event_id)
        THEN
            RAISE EXCEPTION 'this host, or this event, was erased'
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'host_events_erased',
                    HINT = 'Create a new host.';
        END IF;
    END IF;

    -- Else one client could store a version that no other version can follow. The first five digits count intervals of
    -- 2^25 ms. The interval of most versions ends within a day. The number is the sum of the five ones that strpos adds.
    IF
        (((strpos(digits, substr(version, 1, 1)) * 32 + strpos(digits, substr(version, 2, 1))) * 32
        + strpos(digits, substr(version, 3, 1))) * 32 + strpos(digits, substr(version, 4, 1))) * 32
        + strpos(digits, substr(version, 5, 1)) - 1082401
        > ((extract(EPOCH FROM clock_timestamp())::bigint * 1000 + 50000000) >> 25)
    THEN
        clock := extract(EPOCH FROM clock_timestamp()) * 1000;
        IF ulid_time(version) > clock + 86400000 THEN
            IF NOT is_copy() AND EXISTS (
                SELECT FROM new_events AS n
                WHERE
                    ulid_time(n.event_version) > clock + 86400000
                    AND ulid_time(n.event_version) > coalesce(ulid_time(n.expected_version) + 1, 0)
            ) THEN
                RAISE EXCEPTION 'event_version is more than a day ahead of the database''s clock'
                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'host_events_version_time',
                        HINT = 'Set the clock of the client.';
            END IF;
        END IF;
    END IF;

    -- Many events that change no address and name need no order among the hosts: one UPDATE for all events of a host
    -- takes half of the time.
    IF all_created OR pairs_stay THEN
        INSERT INTO host_entries (
            id, ip_address, hostname, comment, tags, aliases, priority,
            created_at, updated_at, event_version, first_position
        )
        SELECT
            n.aggregate_id, n.ip_address, n.hostname, nullif(n.comment, ''), coalesce(n.tags, '[]'),
            coalesce(n.aliases, '[]'), coalesce(n.priority, 0),
            n.event_timestamp, n.created_at, n.event_version, n.position
        FROM new_events AS n
        WHERE n.event_type = 'HostCreated';
        IF NOT all_created THEN
            WITH changed AS (
                SELECT
                    n.aggregate_id,
                    substr(max(n.event_version || n.comment), 27) AS comment,
                    substr(max(n.event_version || n.tags), 27) AS tags,
                    substr(max(n.event_version || n.aliases), 27) AS aliases,
                    substr(max(n.event_version || n.priority), 27)::integer AS priority,
                    max(n.event_version) AS event_version,
                    min(n.position) AS lowest,
                    array_agg(n.created_at ORDER BY n.position) AS times,
                    array_agg(n.event_version ORDER BY n.position) AS versions,
                    array_agg(n.expected_version ORDER BY n.position) AS expected
                FROM new_events AS n
                WHERE n.event_type <> 'HostCreated'
                GROUP BY n.aggregate_id
            ),

            updated AS (
                UPDATE host_entries AS h
                SET
                    comment = nullif(coalesce(c.comment, h.comment), ''),
                    tags = coalesce(c.tags, h.tags),
                    aliases = coalesce(c.aliases, h.aliases),
                    priority = coalesce(c.priority, h.priority),
                    updated_at = c.times[cardinality(c.times)],
                    event_version = c.event_version
                FROM changed AS c
                -- In the order of position each event follows the one before it.
                WHERE
                    h.id = c.aggregate_id AND h.event_version = c.expected[1] AND h.first_position < c.lowest
                    AND c.versions[:cardinality(c.versions) - 1] = c.expected[2:]
                RETURNING h.id
            )

            SELECT c.aggregate_id INTO e
            FROM changed AS c LEFT JOIN updated AS u ON c.aggregate_id = u.id
            WHERE u.id IS NULL
            LIMIT 1;
            IF FOUND THEN
                RAISE EXCEPTION 'nothing follows HostDeleted: host % is deleted', e.aggregate_id
                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'host_events_deleted',
                        HINT = 'Create a new host.';
            END IF;
        END IF;
    ELSE
        IF number > 1 THEN
            OPEN events FOR SELECT n.* FROM new_events AS n ORDER BY n.position;
            FETCH events INTO e;
        END IF;
        LOOP
            IF e.event_type = 'HostCreated' THEN
                INSERT INTO host_entries (
                    id, ip_address, hostname, comment, tags, aliases, priority,
                    created_at, updated_at, event_version, first_position
                )
                VALUES (
                    e.aggregate_id, e.ip_address, e.hostname, nullif(e.comment, ''), coalesce(e.tags, '[]'),
                    coalesce(e.aliases, '[]'), coalesce(e.priority, 0),
                    e.event_timestamp, e.created_at, e.event_version, e.position
                );
            ELSIF e.event_type = 'HostDeleted' THEN
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
                    priority = coalesce(e.priority, h.priority),
                    updated_at = e.created_at,
                    event_version = e.event_version
                WHERE h.id = e.aggregate_id AND h.event_version = e.expected_version;
            END IF;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'nothing follows HostDeleted: host % is deleted', e.aggregate_id
                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'host_events_deleted',
                        HINT = 'Create a new host.';
            END IF;
            EXIT WHEN number = 1;
            FETCH events INTO e;
            EXIT WHEN NOT FOUND;
        END LOOP;
    END IF;

    -- The log must be replayable in the order of position. The events above were applied in this order. Mostly they are
    -- also the end of the log. Else the transaction has other events among or after them, or a transaction that began to
    -- write later has committed already: then no event may need what that one did.
    SELECT a.position INTO latest FROM host_events AS a ORDER BY a.position DESC LIMIT 1;
    IF latest <> highest OR highest - lowest + 1 <> number THEN
        IF
            (
                SELECT count(*) FROM host_events AS a
                WHERE a.position >= lowest AND a.position < first_position + 4194304
            ) <> number
            OR EXISTS (
                SELECT FROM new_events AS n
                INNER JOIN host_events AS p ON n.aggregate_id = p.aggregate_id AND n.expected_version = p.event_version
                WHERE p.position > n.position
            )
            OR EXISTS (
                WITH released AS MATERIALIZED (
                    SELECT host_pair(a.aggregate_id, a.expected_version) AS pair
                    FROM host_events AS a
                    WHERE
                        a.position > highest AND a.event_type IN ('IpAddressChanged', 'HostnameChanged', 'HostDeleted')
                )

                SELECT FROM new_events AS n
                INNER JOIN released AS r ON r.pair = CASE n.event_type
                    WHEN 'HostCreated' THEN concat(n.ip_address, ' ', n.hostname)
                    ELSE host_pair(n.aggregate_id, n.event_version)
                END
                WHERE n.event_type IN ('HostCreated', 'IpAddressChanged', 'HostnameChanged')
            )
        THEN
            RAISE EXCEPTION 'the events of this transaction would stand in the wrong order in the log'
                USING ERRCODE = 'serialization_failure', HINT = 'Repeat the transaction.';
        END IF;
    END IF;

    -- A NOTIFY holds a lock of the whole cluster until its commit is on the disk, so that commits with one wait for
    -- each other: 8 writers fell to 0.71 of their appends per second. So only one open transaction per schema sends one,
    -- by an advisory lock that nobody waits for, and they stay at 1.0. An event that is not announced commits soon after
    -- one that is: readers look again for a while after each notification, and once a second in any case.
    schema_oid := quote_ident(tg_table_schema)::regnamespace::oid::integer;
    IF pg_try_advisory_xact_lock(1752134518, schema_oid) THEN
        -- Assigned, as an expression runs without a query's executor.
        notified := pg_notify('hostsdb_events_' || schema_oid::oid, '');
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION host_events_after_insert()
IS 'Trigger function: checks the events of a statement, keeps host_entries, and wakes readers: NOTIFY.';

REVOKE EXECUTE ON FUNCTION host_events_after_insert() FROM public;

CREATE TRIGGER host_events_after_insert AFTER INSERT ON host_events
REFERENCING NEW TABLE AS new_events
FOR EACH STATEMENT EXECUTE FUNCTION host_events_after_insert();
