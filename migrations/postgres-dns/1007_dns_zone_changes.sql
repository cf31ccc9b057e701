-- depends: 1006_dns_serials
-- What: triggers of the zones that raise their serials and compute the names of all hosts again.
-- Why: a new zone takes names from the zones above it, and a removed zone gives them back.
-- DBA: a change of the zones waits for open writers, and reads all hosts.

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

-- The lock comes before the change: a writer who has read the old zones has ended, and the next one reads the new ones.
-- The update of log_epoch changes nothing; see entries_changed.
CREATE FUNCTION dns.zones_before_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM dns.lock_log();
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dns.zones_before_change() IS 'Trigger function: waits for open writers of events.';

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
REVOKE EXECUTE ON FUNCTION dns.zones_before_change(), dns.zones_after_change(), dns.zones_changed() FROM public;
