-- depends: 1004_dns_names_above
-- What: triggers of host_entries that keep the names and networks, in the transaction of the event.
-- Why: an answer of the name server never differs from the hosts.
-- DBA: creating the triggers waits for open writers, not for readers.

-- A writer locks host_events first. It waits here, not in the middle of its transaction.
LOCK TABLE host_events IN SHARE MODE;

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

-- It runs with the owner's rights, so nobody else may make it a trigger of other tables.
REVOKE EXECUTE ON FUNCTION dns.entries_changed() FROM public;
