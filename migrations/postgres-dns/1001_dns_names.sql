-- depends: 0008_compatibility
-- What: the schema dns: the zones, an index of the pointers, and the names that no index of host_entries finds.
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
    after_serial bigint,
    -- The next columns are PowerDNS's own.
    type text COLLATE "C" NOT NULL DEFAULT 'MASTER',
    master text COLLATE "C",
    last_check integer,
    notified_serial bigint,
    account text COLLATE "C",
    options text COLLATE "C",
    catalog text COLLATE "C",
    -- Computed by a trigger.
    has_subzones boolean NOT NULL DEFAULT FALSE,

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
    CONSTRAINT zones_after_serial_valid CHECK (after_serial BETWEEN 0 AND 4294967295),
    CONSTRAINT zones_type_valid CHECK (type IN ('MASTER', 'NATIVE'))
);
COMMENT ON TABLE dns.zones IS 'The zones that are served. The longest one that matches a name has it.';
COMMENT ON COLUMN dns.zones.id IS 'PowerDNS''s domain_id.';
COMMENT ON COLUMN dns.zones.name IS 'The name in lower case, without the root dot: lan, 168.192.in-addr.arpa.';
COMMENT ON COLUMN dns.zones.ns IS 'The names of the name servers, separated by one blank. The first is the primary.';
COMMENT ON COLUMN dns.zones.mail IS 'The mail address of the administrator.';
COMMENT ON COLUMN dns.zones.ttl IS 'How long a resolver may keep a record, in seconds.';
COMMENT ON COLUMN dns.zones.after_serial IS 'The serial that secondaries have when the zone is added; NULL: none.';
COMMENT ON COLUMN dns.zones.type IS 'MASTER: PowerDNS notifies secondaries. NATIVE: it does not.';
COMMENT ON COLUMN dns.zones.master IS 'For PowerDNS.';
COMMENT ON COLUMN dns.zones.last_check IS 'For PowerDNS.';
COMMENT ON COLUMN dns.zones.notified_serial IS 'The serial of the last NOTIFY; set by PowerDNS.';
COMMENT ON COLUMN dns.zones.account IS 'For PowerDNS.';
COMMENT ON COLUMN dns.zones.options IS 'For PowerDNS.';
COMMENT ON COLUMN dns.zones.catalog IS 'For PowerDNS.';
COMMENT ON COLUMN dns.zones.has_subzones IS 'Whether a name may be in a longer zone: only then it is looked for.';

-- A row stays when the zone is removed: a zone that is added again continues with a greater serial.
CREATE TABLE dns.zone_changes (
    name text COLLATE "C" NOT NULL,
    changes bigint NOT NULL,

    CONSTRAINT zone_changes_pkey PRIMARY KEY (name)
);
COMMENT ON TABLE dns.zone_changes IS 'What the changes of the zones add to the serials, because no event says them.';
COMMENT ON COLUMN dns.zone_changes.name IS 'The zone.';
COMMENT ON COLUMN dns.zone_changes.changes IS 'How often its content changed by changes of zones.';

-- The A and AAAA records of hostnames, and the pointers, are read from host_entries by its indexes. These rows are what
-- the indexes do not find: aliases, hostnames and addresses that are not stored in the form that is served, and the
-- names that only have names below them (ENT: empty non-terminal). Names that are in no zone have no row. Each host has
-- rows of its own, although several may make the same record: a shared row would make writers wait for each other. The
-- view that PowerDNS reads shows one of them.
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
COMMENT ON TABLE dns.names IS 'Names of the live hosts. Only the triggers of host_entries write it.';
COMMENT ON COLUMN dns.names.name IS 'The name in lower case, without the root dot.';
COMMENT ON COLUMN dns.names.type IS 'A, AAAA, or ENT.';
COMMENT ON COLUMN dns.names.priority IS 'The priority of the host.';
COMMENT ON COLUMN dns.names.first_position IS 'The host''s first_position.';
COMMENT ON COLUMN dns.names.content IS 'The address.';
COMMENT ON COLUMN dns.names.zone_id IS 'The zone.';
COMMENT ON COLUMN dns.names.host_id IS 'The host.';

CREATE FUNCTION dns.is_name(name text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN name ~ '^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$'
AND (length(name) <= 63 OR (length(name) <= 253 AND name !~ '[^.]{64}'));
COMMENT ON FUNCTION dns.is_name(text) IS 'Whether DNS can carry this name in lower case.';

-- An exception handler takes longer than the rest, so an IPv4 address does not run into it.
CREATE FUNCTION dns.canonical_address(ip_address text) RETURNS text
LANGUAGE plpgsql IMMUTABLE
AS $$
BEGIN
    IF ip_address ~ '^(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$' THEN
        RETURN ip_address;
    ELSIF ip_address ~ '^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$' THEN
        BEGIN
            RETURN host(ip_address::inet);
        EXCEPTION
            WHEN data_exception THEN
                RETURN NULL;
        END;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dns.canonical_address(text) IS 'The form of an address that is served; NULL: it is no address.';

CREATE FUNCTION dns.pointer_6(ip_address text) RETURNS text
LANGUAGE plpgsql IMMUTABLE
AS $$
BEGIN
    -- The last 16 bytes of what the server sends for an address are the address.
    RETURN regexp_replace(
        reverse(encode(substr(inet_send(dns.canonical_address(ip_address)::inet), 5), 'hex')), '(.)', '\1.', 'g'
    ) || 'ip6.arpa';
END
$$;
COMMENT ON FUNCTION dns.pointer_6(text) IS 'The name of the pointer of an IPv6 address; NULL: it is no address.';

-- A text that is no address may have a pointer here, which no view shows. A check would cost every new host.
-- In PL/pgSQL these functions are one node of a plan. In SQL they would be a dozen, at each place of the view records.
CREATE FUNCTION dns.pointer(ip_address text) RETURNS text
LANGUAGE plpgsql IMMUTABLE
AS $$
BEGIN
    IF strpos(ip_address, ':') > 0 THEN
        RETURN dns.pointer_6(ip_address);
    END IF;
    RETURN split_part(ip_address, '.', 4) || '.' || split_part(ip_address, '.', 3) || '.'
        || split_part(ip_address, '.', 2) || '.' || split_part(ip_address, '.', 1) || '.in-addr.arpa';
END
$$;
COMMENT ON FUNCTION dns.pointer(text) IS 'The name of the pointer of an address.';

CREATE FUNCTION dns.has_pointer(ip_address text, hostname text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE
AS $$
BEGIN
    RETURN dns.is_name(lower(hostname)) AND dns.canonical_address(ip_address) IS NOT NULL;
END
$$;
COMMENT ON FUNCTION dns.has_pointer(text, text) IS 'Whether DNS can carry the address and the hostname of a host.';

CREATE FUNCTION dns.is_stored_as_served(ip_address text, hostname text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE
AS $$
BEGIN
    RETURN dns.is_name(hostname) AND dns.canonical_address(ip_address) = ip_address;
END
$$;
COMMENT ON FUNCTION dns.is_stored_as_served(text, text)
IS 'Whether the address and the hostname of a host are a record as they are.';

CREATE INDEX host_entries_pointer ON host_entries (dns.pointer(ip_address), priority, first_position);

-- zones maps the name of each zone to its id. A name is cut at its dots until a zone has the rest. The first of the
-- names is the pointer of an IPv6 address. A setting (search_path) and a query for a few aliases would double the time.
CREATE FUNCTION dns.host_records(ip_address text, hostname text, aliases text, zones jsonb)
RETURNS TABLE (name text, type text, content text, zone_id integer)
LANGUAGE plpgsql IMMUTABLE ROWS 2
AS $$
DECLARE
    host_name text := lower(hostname COLLATE "C");
    address text := dns.canonical_address(ip_address);
    kind text := CASE WHEN strpos(address, ':') > 0 THEN 'AAAA' ELSE 'A' END;
    names text[] := ARRAY[CASE kind WHEN 'AAAA' THEN dns.pointer_6(address) END, host_name];
    listed jsonb;
    parents text[] := '{}';
    checked text;
    zone text;
BEGIN
    IF address IS NULL THEN
        RETURN;
    END IF;
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
        name := names[place];
        CONTINUE WHEN name IS NULL OR NOT dns.is_name(names[greatest(place, 2)]);
        zone := name;
        zone_id := zones -> zone;
        WHILE zone_id IS NULL AND strpos(zone, '.') > 0 LOOP
            zone := substr(zone, strpos(zone, '.') + 1);
            zone_id := zones -> zone;
        END LOOP;
        CONTINUE WHEN zone_id IS NULL;
        IF place > 2 OR (place = 2 AND (hostname <> host_name OR ip_address <> address)) THEN
            type := kind;
            content := address;
            RETURN NEXT;
        END IF;
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
COMMENT ON FUNCTION dns.host_records(text, text, text, jsonb) IS 'The rows of names that a host has in these zones.';

-- The networks above the pointers of IPv4 addresses: nearly every host has one, and many hosts have the same. A row is
-- never removed when a host is deleted, so no writer waits for another one. The view shows a network as long as it has
-- a host. Writers that add the first host at the same time each add a row.
CREATE TABLE dns.networks (
    name text COLLATE "C" NOT NULL,
    first_position bigint NOT NULL,
    prefix text COLLATE "C" NOT NULL,

    CONSTRAINT networks_pkey PRIMARY KEY (name, first_position),
    CONSTRAINT networks_name CHECK (name = ltrim(dns.pointer(prefix), '.'))
);
COMMENT ON TABLE dns.networks IS 'Networks that have, or had, a host. Only the triggers of host_entries write it.';
COMMENT ON COLUMN dns.networks.name IS 'The name between a zone and a pointer: 1.168.192.in-addr.arpa.';
COMMENT ON COLUMN dns.networks.first_position IS 'first_position of a host that it had.';
COMMENT ON COLUMN dns.networks.prefix IS 'How its addresses begin: 192.168.1.';

-- The names end in front of the zone, because a zone has a record.
CREATE FUNCTION dns.networks_above(prefix text, zones jsonb) RETURNS TABLE (name text, above text)
LANGUAGE plpgsql IMMUTABLE ROWS 2
AS $$
DECLARE
    zone text;
BEGIN
    IF prefix !~ '^(\d+\.){3}$' THEN
        RETURN;
    END IF;
    above := prefix;
    name := ltrim(dns.pointer(prefix), '.');
    zone := name;
    WHILE NOT zones ? zone LOOP
        IF strpos(zone, '.') = 0 THEN
            RETURN;
        END IF;
        zone := substr(zone, strpos(zone, '.') + 1);
    END LOOP;
    WHILE length(name) > length(zone) LOOP
        RETURN NEXT;
        name := substr(name, strpos(name, '.') + 1);
        above := rtrim(rtrim(above, '.'), '0123456789');
    END LOOP;
END
$$;
COMMENT ON FUNCTION dns.networks_above(text, jsonb)
IS 'The names above the pointers of the addresses that begin with 10.0.0., and how their addresses begin.';

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
COMMENT ON COLUMN dns.names_current.type IS 'A, AAAA, or ENT.';
COMMENT ON COLUMN dns.names_current.priority IS 'The priority of the host.';
COMMENT ON COLUMN dns.names_current.first_position IS 'The host''s first_position.';
COMMENT ON COLUMN dns.names_current.content IS 'The address.';
COMMENT ON COLUMN dns.names_current.zone_id IS 'The zone.';
COMMENT ON COLUMN dns.names_current.host_id IS 'The host.';

CREATE VIEW dns.networks_current AS
SELECT
    a.name COLLATE "C" AS name,
    min(p.first_position) AS first_position,
    a.above COLLATE "C" AS prefix
FROM (
    SELECT
        rtrim(h.ip_address, '0123456789') AS prefix,
        min(h.first_position) AS first_position
    FROM host_entries AS h
    WHERE dns.canonical_address(h.ip_address) = h.ip_address AND strpos(h.ip_address, ':') = 0
    GROUP BY rtrim(h.ip_address, '0123456789')
) AS p
CROSS JOIN
    LATERAL dns.networks_above(p.prefix, (SELECT jsonb_object_agg(z.name, z.id) FROM dns.zones AS z)) AS a
GROUP BY a.name, a.above;
COMMENT ON VIEW dns.networks_current IS 'The networks of the live hosts: each has at least one row in networks.';
COMMENT ON COLUMN dns.networks_current.name IS 'Its name.';
COMMENT ON COLUMN dns.networks_current.first_position IS 'first_position of its first host.';
COMMENT ON COLUMN dns.networks_current.prefix IS 'How its addresses begin.';

-- Most statements add one host: with an IPv4 address in a known network, a hostname directly below a zone, and no
-- aliases. One query says that it needs no row. Of many hosts, those that need no row are left out: an alias without a
-- dot may only be a zone. In JSON a dot may also be written with a backslash.
-- A transaction of the level REPEATABLE READ may have a snapshot from before a change of the zones. Such a change also
-- updates log_epoch, so that FOR SHARE raises an error there.
-- SECURITY DEFINER: a writer of events needs no right on the schema dns.
CREATE FUNCTION dns.entries_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    has_no_rows boolean;
    zones jsonb;
    short_zones text;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        EXECUTE format('SELECT 1 FROM %I.log_epoch FOR SHARE', tg_table_schema);
    END IF;
    IF tg_op = 'INSERT' THEN
        SELECT
            n.aliases = '[]' AND n.hostname !~ '[A-Z]'
            AND EXISTS (SELECT FROM dns.zones AS z WHERE z.name = substr(n.hostname, strpos(n.hostname, '.') + 1))
            AND EXISTS (
                SELECT FROM dns.networks AS k
                WHERE k.name = substr(dns.pointer(n.ip_address), strpos(dns.pointer(n.ip_address), '.') + 1)
            )
            AND NOT EXISTS (SELECT FROM new_rows OFFSET 1)
        INTO has_no_rows
        FROM new_rows AS n
        LIMIT 1;
    ELSIF tg_op = 'UPDATE' THEN
        SELECT NOT EXISTS (
            SELECT FROM old_rows AS o INNER JOIN new_rows AS n ON o.id = n.id
            WHERE
                (o.ip_address, o.hostname, o.aliases, o.priority)
                <> (n.ip_address, n.hostname, n.aliases, n.priority)
        ) INTO has_no_rows;
    END IF;
    IF has_no_rows THEN
        RETURN NULL;
    END IF;

    SELECT
        jsonb_object_agg(z.name, z.id),
        coalesce('|"(' || string_agg(z.name, '|') FILTER (WHERE strpos(z.name, '.') = 0) || ')"', '')
    INTO zones, short_zones
    FROM dns.zones AS z;
    IF zones IS NULL THEN
        RETURN NULL;
    END IF;
    -- The old rows go first: a host may keep some of its names.
    IF tg_op <> 'INSERT' THEN
        DELETE FROM dns.names AS d
        USING old_rows AS o CROSS JOIN LATERAL dns.host_records(o.ip_address, o.hostname, o.aliases, zones) AS r
        WHERE
            d.name = r.name AND d.type = r.type AND d.priority = o.priority
            AND d.first_position = o.first_position;
    END IF;
    IF tg_op <> 'DELETE' THEN
        INSERT INTO dns.names (name, type, priority, first_position, content, zone_id, host_id)
        SELECT r.name, r.type, n.priority, n.first_position, r.content, r.zone_id, n.id
        FROM new_rows AS n
        CROSS JOIN LATERAL dns.host_records(n.ip_address, n.hostname, n.aliases, zones) AS r
        WHERE
            NOT zones ? substr(n.hostname, strpos(n.hostname, '.') + 1)
            OR n.hostname ~ '[A-Z]' OR n.aliases ~* ('[.\\]' || short_zones) OR strpos(n.ip_address, ':') > 0;
        INSERT INTO dns.networks (name, first_position, prefix)
        SELECT a.name, min(p.first_position), a.above
        FROM (
            SELECT rtrim(n.ip_address, '0123456789') AS prefix, min(n.first_position) AS first_position
            FROM new_rows AS n
            WHERE strpos(n.ip_address, ':') = 0
            GROUP BY rtrim(n.ip_address, '0123456789')
        ) AS p
        CROSS JOIN LATERAL dns.networks_above(p.prefix, zones) AS a
        WHERE NOT EXISTS (SELECT FROM dns.networks AS k WHERE k.name = a.name)
        GROUP BY a.name, a.above;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dns.entries_changed() IS 'Trigger function: keeps the names and networks of the live hosts.';

CREATE TRIGGER dns_inserted AFTER INSERT ON host_entries
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION dns.entries_changed();

CREATE TRIGGER dns_deleted AFTER DELETE ON host_entries
REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT EXECUTE FUNCTION dns.entries_changed();

CREATE TRIGGER dns_updated AFTER UPDATE ON host_entries
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION dns.entries_changed();

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
    -- The zone begins one above the serial that secondaries have, unless it is above it already (RFC 1982).
    IF tg_op = 'INSERT' THEN
        UPDATE dns.zone_changes AS c SET changes = c.changes + d.difference
        FROM dns.zone_changes AS z
        CROSS JOIN LATERAL (
            SELECT (new.after_serial + 1 - dns.log_serial() - z.changes) & 4294967295 AS difference
        ) AS d
        WHERE c.name = new.name AND z.name = new.name AND d.difference <= 2147483648;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dns.zones_after_change() IS 'Trigger function: raises the serials that a change of a zone changes.';

CREATE FUNCTION dns.rebuild_names() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM dns.names;
    DELETE FROM dns.networks;
    INSERT INTO dns.names (name, type, priority, first_position, content, zone_id, host_id)
    SELECT c.name, c.type, c.priority, c.first_position, c.content, c.zone_id, c.host_id
    FROM dns.names_current AS c;
    INSERT INTO dns.networks (name, first_position, prefix)
    SELECT c.name, c.first_position, c.prefix
    FROM dns.networks_current AS c;
END
$$;
COMMENT ON FUNCTION dns.rebuild_names() IS 'Computes names and networks again from all live hosts.';

CREATE FUNCTION dns.zones_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE dns.zones AS z SET has_subzones = NOT z.has_subzones
    WHERE
        z.has_subzones <> EXISTS (
            SELECT FROM dns.zones AS o WHERE right(o.name, length(z.name) + 1) = '.' || z.name
        );
    PERFORM dns.rebuild_names();
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dns.zones_changed() IS 'Trigger function: computes has_subzones, names and networks again.';

-- What PowerDNS writes into its own columns changes no record.
CREATE TRIGGER zones_before_change BEFORE INSERT OR DELETE OR TRUNCATE OR UPDATE OF name, ns, mail, ttl ON dns.zones
FOR EACH STATEMENT EXECUTE FUNCTION dns.zones_before_change();

CREATE TRIGGER zones_after_change AFTER INSERT OR DELETE OR UPDATE OF name, ns, mail, ttl ON dns.zones
FOR EACH ROW EXECUTE FUNCTION dns.zones_after_change();

CREATE TRIGGER zones_changed AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE OF id, name ON dns.zones
FOR EACH STATEMENT EXECUTE FUNCTION dns.zones_changed();

-- These run with the owner's rights, so nobody else may make them triggers of other tables.
REVOKE EXECUTE ON FUNCTION dns.entries_changed() FROM public;
REVOKE EXECUTE ON FUNCTION dns.zones_before_change(), dns.zones_after_change(), dns.zones_changed() FROM public;
