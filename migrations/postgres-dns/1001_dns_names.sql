-- depends: 0008_compatibility
-- What: the schema dns: the zones, and names, one row per record of a host, kept in the transaction of the event.
-- Why: PowerDNS looks up names; the aliases of a host are JSON text, and a view over it would read all hosts.
-- DBA: optional. Waits for open writers, then reads all hosts. Undo drops the zones, not the hosts.

-- A writer could add a host while the existing hosts are read.
LOCK TABLE host_events IN SHARE MODE;

CREATE SCHEMA dns;
COMMENT ON SCHEMA dns IS 'What PowerDNS reads and writes.';

CREATE TABLE dns.zones (
    id integer GENERATED ALWAYS AS IDENTITY,
    name text COLLATE "C" NOT NULL,
    ns text COLLATE "C" NOT NULL,
    mail text COLLATE "C" NOT NULL,
    ttl integer NOT NULL DEFAULT 300,
    -- The next columns are PowerDNS's own.
    type text COLLATE "C" NOT NULL DEFAULT 'MASTER',
    master text COLLATE "C",
    last_check integer,
    notified_serial bigint,
    account text COLLATE "C",
    options text COLLATE "C",
    catalog text COLLATE "C",

    CONSTRAINT zones_pkey PRIMARY KEY (id),
    CONSTRAINT zones_name UNIQUE (name),
    CONSTRAINT zones_name_valid CHECK (
        name ~ '^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$' AND octet_length(name) <= 253
    ),
    CONSTRAINT zones_ns_valid CHECK (
        ns ~ '^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*( [a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*)*$'
        AND octet_length(ns) <= 1000
    ),
    CONSTRAINT zones_mail_valid CHECK (
        mail ~ '^[!-?A-~]{1,63}@[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$' AND octet_length(mail) <= 253
    ),
    CONSTRAINT zones_ttl_valid CHECK (ttl >= 0),
    CONSTRAINT zones_type_valid CHECK (type IN ('MASTER', 'NATIVE'))
);
COMMENT ON TABLE dns.zones IS 'The zones that are served. The longest one that matches a name has it.';
COMMENT ON COLUMN dns.zones.id IS 'PowerDNS''s domain_id.';
COMMENT ON COLUMN dns.zones.name IS 'The name in lower case, without the root dot: lan, 168.192.in-addr.arpa.';
COMMENT ON COLUMN dns.zones.ns IS 'The names of the name servers, separated by one blank. The first is the primary.';
COMMENT ON COLUMN dns.zones.mail IS 'The mail address of the administrator.';
COMMENT ON COLUMN dns.zones.ttl IS 'How long a resolver may keep a record, in seconds.';
COMMENT ON COLUMN dns.zones.type IS 'MASTER: PowerDNS notifies secondaries. NATIVE: it does not.';
COMMENT ON COLUMN dns.zones.master IS 'For PowerDNS.';
COMMENT ON COLUMN dns.zones.last_check IS 'For PowerDNS.';
COMMENT ON COLUMN dns.zones.notified_serial IS 'The serial of the last NOTIFY; set by PowerDNS.';
COMMENT ON COLUMN dns.zones.account IS 'For PowerDNS.';
COMMENT ON COLUMN dns.zones.options IS 'For PowerDNS.';
COMMENT ON COLUMN dns.zones.catalog IS 'For PowerDNS.';

-- A row stays when the zone is removed: a zone that is added again continues with a greater serial.
CREATE TABLE dns.zone_changes (
    name text COLLATE "C" NOT NULL,
    changes bigint NOT NULL,

    CONSTRAINT zone_changes_pkey PRIMARY KEY (name)
);
COMMENT ON TABLE dns.zone_changes IS 'What the changes of the zones add to the serials, because no event says them.';
COMMENT ON COLUMN dns.zone_changes.name IS 'The zone.';
COMMENT ON COLUMN dns.zone_changes.changes IS 'How often its content changed by changes of zones.';

-- Names that are in no zone have no row. A name that only has names below it has the type ENT (empty non-terminal).
-- Each host has rows of its own, although several may make the same record: a shared row would make writers wait for
-- each other. The view that PowerDNS reads shows one of them.
CREATE TABLE dns.names (
    name text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL,
    priority integer NOT NULL,
    first_position bigint NOT NULL,
    content text COLLATE "C",
    zone_id integer NOT NULL,
    host_id text COLLATE "C" NOT NULL,

    CONSTRAINT names_pkey PRIMARY KEY (name, type, priority, first_position)
);
COMMENT ON TABLE dns.names IS 'The records that the live hosts make. Only the triggers of host_entries write it.';
COMMENT ON COLUMN dns.names.name IS 'The name in lower case, without the root dot.';
COMMENT ON COLUMN dns.names.type IS 'A, AAAA, PTR, or ENT.';
COMMENT ON COLUMN dns.names.priority IS 'The priority of the host.';
COMMENT ON COLUMN dns.names.first_position IS 'The host''s first_position.';
COMMENT ON COLUMN dns.names.content IS 'The address, or for PTR the hostname.';
COMMENT ON COLUMN dns.names.zone_id IS 'The zone.';
COMMENT ON COLUMN dns.names.host_id IS 'The host.';

-- zones maps the name of each zone to its id. A text that is no address or no hostname makes no record. A name is cut
-- at its dots until a zone has the rest. The first of the names is the pointer, and needs a valid hostname as content.
-- It runs for each host that is written: a setting (search_path), an exception handler and a repeat count in a pattern
-- would take three quarters of its time, and a query for a few aliases would double it.
CREATE FUNCTION dns.host_records(ip_address text, hostname text, aliases text, zones jsonb)
RETURNS TABLE (name text, type text, content text, zone_id integer)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE ROWS 2
AS $$
DECLARE
    host_name text := lower(hostname COLLATE "C");
    address inet;
    kind text := 'A';
    listed jsonb;
    names text[];
    parents text[] := '{}';
    checked text;
    zone text;
BEGIN
    IF ip_address ~ '^(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$' THEN
        names[1] := concat(
            split_part(ip_address, '.', 4), '.', split_part(ip_address, '.', 3), '.',
            split_part(ip_address, '.', 2), '.', split_part(ip_address, '.', 1), '.in-addr.arpa'
        );
    ELSIF ip_address ~ '^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$' THEN
        BEGIN
            address := ip_address;
        EXCEPTION
            WHEN data_exception THEN
                RETURN;
        END;
        kind := 'AAAA';
        ip_address := host(address);
        -- The last 16 bytes of what the server sends for an address are the address.
        names[1] := regexp_replace(
            reverse(encode(substr(inet_send(address), 5), 'hex')), '(.)', '\1.', 'g'
        ) || 'ip6.arpa';
    ELSE
        RETURN;
    END IF;
    names[2] := host_name;
    listed := aliases::jsonb;
    IF jsonb_array_length(listed) > 10 THEN
        names := names || ARRAY(
            SELECT lower(a COLLATE "C") FROM jsonb_array_elements_text(listed) AS a EXCEPT SELECT host_name
        );
    ELSE
        FOR place IN 0..jsonb_array_length(listed) - 1 LOOP
            checked := lower((listed ->> place) COLLATE "C");
            IF checked <> ALL (names[2:]) THEN
                names := names || checked;
            END IF;
        END LOOP;
    END IF;
    FOR place IN 1..cardinality(names) LOOP
        checked := names[greatest(place, 2)];
        CONTINUE WHEN checked !~ '^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$';
        CONTINUE WHEN length(checked) > 63 AND (length(checked) > 253 OR checked ~ '[^.]{64}');
        name := names[place];
        zone := name;
        zone_id := zones -> zone;
        WHILE zone_id IS NULL AND strpos(zone, '.') > 0 LOOP
            zone := substr(zone, strpos(zone, '.') + 1);
            zone_id := zones -> zone;
        END LOOP;
        CONTINUE WHEN zone_id IS NULL;
        type := CASE place WHEN 1 THEN 'PTR' ELSE kind END;
        content := CASE place WHEN 1 THEN host_name ELSE ip_address END;
        RETURN NEXT;
        type := 'ENT';
        content := NULL;
        LOOP
            name := substr(name, strpos(name, '.') + 1);
            EXIT WHEN length(name) <= length(zone) OR name = ANY(parents);
            parents := parents || name;
            RETURN NEXT;
        END LOOP;
    END LOOP;
END
$$;
COMMENT ON FUNCTION dns.host_records(text, text, text, jsonb) IS 'The records that a host makes in these zones.';

CREATE VIEW dns.names_current AS
SELECT
    r.name COLLATE "C" AS name,
    r.type COLLATE "C" AS type,
    h.priority,
    h.first_position,
    r.content COLLATE "C" AS content,
    r.zone_id,
    h.id AS host_id
FROM host_entries AS h
CROSS JOIN
    LATERAL dns.host_records(
        h.ip_address, h.hostname, h.aliases, (SELECT jsonb_object_agg(z.name, z.id) FROM dns.zones AS z)
    ) AS r;
COMMENT ON VIEW dns.names_current IS 'The definition of names, computed from all live hosts.';
COMMENT ON COLUMN dns.names_current.name IS 'The name in lower case, without the root dot.';
COMMENT ON COLUMN dns.names_current.type IS 'A, AAAA, PTR, or ENT.';
COMMENT ON COLUMN dns.names_current.priority IS 'The priority of the host.';
COMMENT ON COLUMN dns.names_current.first_position IS 'The host''s first_position.';
COMMENT ON COLUMN dns.names_current.content IS 'The address, or for PTR the hostname.';
COMMENT ON COLUMN dns.names_current.zone_id IS 'The zone.';
COMMENT ON COLUMN dns.names_current.host_id IS 'The host.';

-- A transaction of the level REPEATABLE READ may have a snapshot from before a change of the zones. Such a change also
-- updates log_epoch, so that FOR SHARE raises an error there.
CREATE FUNCTION dns.zones_for_writing(log_schema text) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        EXECUTE format('SELECT 1 FROM %I.log_epoch FOR SHARE', log_schema);
    END IF;
    RETURN (SELECT jsonb_object_agg(z.name, z.id) FROM dns.zones AS z);
END
$$;
COMMENT ON FUNCTION dns.zones_for_writing(text) IS 'The ids of the zones by name; NULL: there is no zone.';

-- SECURITY DEFINER: a writer of events needs no right on the schema dns.
CREATE FUNCTION dns.entries_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    zones jsonb := dns.zones_for_writing(tg_table_schema);
BEGIN
    IF zones IS NOT NULL THEN
        INSERT INTO dns.names (name, type, priority, first_position, content, zone_id, host_id)
        SELECT r.name, r.type, n.priority, n.first_position, r.content, r.zone_id, n.id
        FROM new_rows AS n
        CROSS JOIN LATERAL dns.host_records(n.ip_address, n.hostname, n.aliases, zones) AS r;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dns.entries_inserted() IS 'Trigger function: adds the names of new hosts.';

CREATE FUNCTION dns.entries_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    zones jsonb := dns.zones_for_writing(tg_table_schema);
BEGIN
    IF zones IS NOT NULL THEN
        DELETE FROM dns.names AS d
        USING
            old_rows AS o CROSS JOIN LATERAL dns.host_records(o.ip_address, o.hostname, o.aliases, zones) AS r
        WHERE
            d.name = r.name AND d.type = r.type AND d.priority = o.priority
            AND d.first_position = o.first_position;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dns.entries_deleted() IS 'Trigger function: removes the names of deleted hosts.';

-- Most updates change no name. The old rows are deleted first: a host may keep some of its names.
CREATE FUNCTION dns.entries_updated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    zones jsonb;
BEGIN
    IF NOT EXISTS (
        SELECT FROM old_rows AS o INNER JOIN new_rows AS n ON o.id = n.id
        WHERE
            (o.ip_address, o.hostname, o.aliases, o.priority) <> (n.ip_address, n.hostname, n.aliases, n.priority)
    ) THEN
        RETURN NULL;
    END IF;
    zones := dns.zones_for_writing(tg_table_schema);
    IF zones IS NOT NULL THEN
        DELETE FROM dns.names AS d
        USING
            old_rows AS o CROSS JOIN LATERAL dns.host_records(o.ip_address, o.hostname, o.aliases, zones) AS r
        WHERE
            d.name = r.name AND d.type = r.type AND d.priority = o.priority
            AND d.first_position = o.first_position;
        INSERT INTO dns.names (name, type, priority, first_position, content, zone_id, host_id)
        SELECT r.name, r.type, n.priority, n.first_position, r.content, r.zone_id, n.id
        FROM new_rows AS n
        CROSS JOIN LATERAL dns.host_records(n.ip_address, n.hostname, n.aliases, zones) AS r;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dns.entries_updated() IS 'Trigger function: replaces the names of changed hosts.';

CREATE TRIGGER dns_inserted AFTER INSERT ON host_entries
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION dns.entries_inserted();

CREATE TRIGGER dns_deleted AFTER DELETE ON host_entries
REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT EXECUTE FUNCTION dns.entries_deleted();

CREATE TRIGGER dns_updated AFTER UPDATE ON host_entries
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION dns.entries_updated();

-- The lock comes before the change: a writer who has read the old zones has ended, and the next one reads the new ones.
-- The update of log_epoch changes nothing; see zones_for_writing.
CREATE FUNCTION dns.zones_before_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM dns.lock_log();
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dns.zones_before_change() IS 'Trigger function: waits for open writers of events.';

-- The name of hostsdb's schema is not known here: the objects are bound when the migration runs.
CREATE FUNCTION dns.log_schema() RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT n.nspname::text
    FROM pg_class AS c INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid
    WHERE c.oid = 'host_events'::regclass;
END;
COMMENT ON FUNCTION dns.log_schema() IS 'The schema of host_events.';

CREATE FUNCTION dns.lock_log() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', dns.log_schema()), TRUE);
    LOCK TABLE host_events IN SHARE MODE;
    UPDATE log_epoch SET xid_offset = xid_offset;
END
$$;
COMMENT ON FUNCTION dns.lock_log() IS 'Waits for open writers of events, and makes new ones wait.';

-- A new zone takes names from the zones above it, and a removed zone gives them back.
CREATE FUNCTION dns.zones_after_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    zone text;
BEGIN
    FOREACH zone IN ARRAY array_remove(ARRAY[old.name, nullif(new.name, old.name)], NULL) LOOP
        INSERT INTO dns.zone_changes AS c (name, changes) VALUES (zone, 0)
        ON CONFLICT (name) DO UPDATE SET changes = c.changes + 1;
        UPDATE dns.zone_changes AS c SET changes = c.changes + 1
        WHERE right(zone, length(c.name) + 1) = '.' || c.name;
    END LOOP;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dns.zones_after_change() IS 'Trigger function: raises the serials that a change of a zone changes.';

CREATE FUNCTION dns.rebuild_names() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM dns.names;
    INSERT INTO dns.names (name, type, priority, first_position, content, zone_id, host_id)
    SELECT c.name, c.type, c.priority, c.first_position, c.content, c.zone_id, c.host_id
    FROM dns.names_current AS c;
END
$$;
COMMENT ON FUNCTION dns.rebuild_names() IS 'Computes names again from all live hosts.';

CREATE FUNCTION dns.zones_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM dns.rebuild_names();
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dns.zones_changed() IS 'Trigger function: computes names again.';

-- What PowerDNS writes into its own columns changes no record.
CREATE TRIGGER zones_before_change BEFORE INSERT OR DELETE OR TRUNCATE OR UPDATE OF name, ns, mail, ttl ON dns.zones
FOR EACH STATEMENT EXECUTE FUNCTION dns.zones_before_change();

CREATE TRIGGER zones_after_change AFTER INSERT OR DELETE OR UPDATE OF name, ns, mail, ttl ON dns.zones
FOR EACH ROW EXECUTE FUNCTION dns.zones_after_change();

CREATE TRIGGER zones_changed AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE OF id, name ON dns.zones
FOR EACH STATEMENT EXECUTE FUNCTION dns.zones_changed();

-- These run with the owner's rights, so nobody else may make them triggers of other tables.
REVOKE EXECUTE ON FUNCTION dns.entries_inserted(), dns.entries_deleted(), dns.entries_updated() FROM public;
REVOKE EXECUTE ON FUNCTION dns.zones_before_change(), dns.zones_after_change(), dns.zones_changed() FROM public;
