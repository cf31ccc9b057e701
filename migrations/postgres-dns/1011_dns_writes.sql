-- depends: 1010_dns_new_events
-- What: triggers that turn what PowerDNS writes into events: its HTTP API, DNS UPDATE, pdnsutil.
-- Why: the log stays the only truth, with its rules, its history and its readers.
-- DBA: the events come at the end of the transaction. A conflict with another writer makes its COMMIT fail.

-- What PowerDNS changes in the derived records, and the columns that it sets for DNSSEC, have no effect.
CREATE FUNCTION dns.record_written() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    address inet;
BEGIN
    IF tg_op = 'UPDATE' AND (old.name, old.type, old.content) IS NOT DISTINCT FROM (new.name, new.type, new.content) THEN
        RETURN new;
    END IF;
    IF tg_op <> 'DELETE' AND new.type NOT IN ('A', 'AAAA', 'PTR', 'SOA', 'NS') THEN
        RAISE EXCEPTION 'hostsdb has no records of the type %: % is refused', new.type, new.name
            USING ERRCODE = 'feature_not_supported', HINT = 'Keep it in a zone that hostsdb does not serve.';
    END IF;
    IF tg_op <> 'INSERT' AND old.type IN ('A', 'AAAA') THEN
        INSERT INTO dns.pending (name, type, content, zone_id, is_wanted)
        VALUES (old.name, old.type, old.content, old.domain_id, FALSE)
        ON CONFLICT (name, type, content) DO UPDATE SET is_wanted = FALSE;
    END IF;
    IF tg_op <> 'DELETE' AND new.type IN ('A', 'AAAA') THEN
        address := new.content;
        IF
            new.disabled
            OR family(address) <> (CASE new.type WHEN 'A' THEN 4 ELSE 6 END)
            OR NOT dns.is_name(lower(new.name))
            OR new.domain_id IS DISTINCT FROM (
                SELECT z.id FROM dns.zones AS z
                WHERE right('.' || lower(new.name), length(z.name) + 1) = '.' || z.name
                ORDER BY length(z.name) DESC
                LIMIT 1
            )
        THEN
            RAISE EXCEPTION 'hostsdb cannot store the record % % %', new.name, new.type, new.content
                USING ERRCODE = 'check_violation',
                    HINT = 'It needs a name of the zone, an address of the type, and must not be disabled.';
        END IF;
        INSERT INTO dns.pending (name, type, content, zone_id, is_wanted)
        VALUES (lower(new.name), new.type, host(address), new.domain_id, TRUE)
        ON CONFLICT (name, type, content) DO UPDATE SET is_wanted = TRUE;
    END IF;
    RETURN CASE tg_op WHEN 'DELETE' THEN old ELSE new END;
END
$$;
COMMENT ON FUNCTION dns.record_written() IS 'Trigger function: notes a change of a record until the commit.';

CREATE TRIGGER records_written INSTEAD OF INSERT OR UPDATE OR DELETE ON dns.records
FOR EACH ROW EXECUTE FUNCTION dns.record_written();

-- OFFSET 0 keeps the planner from joining with all hosts: the records of each name are found by an index.
-- First the names that only got another address, then what is gone, then what is new: a host that is deleted takes the
-- records of its aliases along, and those that are still wanted become hosts of their own.
CREATE FUNCTION dns.apply_pending(log_schema text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    r record;
BEGIN
    PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', log_schema), TRUE);
    FOR r IN
        WITH gone AS (
            SELECT
                h.id, h.ip_address, h.event_version, p.name, p.type,
                row_number() OVER (PARTITION BY p.name, p.type ORDER BY h.priority, h.first_position) AS place
            FROM dns.pending AS p
            CROSS JOIN LATERAL (
                SELECT h.* FROM dns.host_addresses AS a INNER JOIN host_entries AS h ON a.host_id = h.id
                WHERE a.name = p.name AND a.type = p.type AND a.content = p.content
                OFFSET 0
            ) AS h
            WHERE NOT p.is_wanted AND lower(h.hostname) = p.name
        ),

        new AS (
            SELECT p.*, row_number() OVER (PARTITION BY p.name, p.type ORDER BY p.content) AS place
            FROM dns.pending AS p
            WHERE
                p.is_wanted AND NOT EXISTS (
                    SELECT FROM dns.host_addresses AS n
                    WHERE n.name = p.name AND n.type = p.type AND n.content = p.content
                    OFFSET 0
                )
        )

        SELECT g.id, g.ip_address, g.event_version, w.content
        FROM gone AS g
        INNER JOIN new AS w ON g.name = w.name AND g.type = w.type AND g.place = w.place
    LOOP
        PERFORM dns.append_event(
            log_schema, 'IpAddressChanged', r.id, r.event_version, r.content, NULL, NULL,
            jsonb_build_object('old_ip', r.ip_address)
        );
    END LOOP;

    FOR r IN
        SELECT DISTINCT h.id, h.event_version, h.ip_address, h.hostname
        FROM dns.pending AS p
        CROSS JOIN LATERAL (
            SELECT h.* FROM dns.host_addresses AS a INNER JOIN host_entries AS h ON a.host_id = h.id
            WHERE a.name = p.name AND a.type = p.type AND a.content = p.content
            OFFSET 0
        ) AS h
        WHERE NOT p.is_wanted AND lower(h.hostname) = p.name
    LOOP
        PERFORM dns.append_event(
            log_schema, 'HostDeleted', r.id, r.event_version, r.ip_address, r.hostname, NULL, '{}'
        );
    END LOOP;

    FOR r IN
        SELECT
            h.id, h.event_version, h.aliases,
            (
                SELECT coalesce(json_agg(a.value ORDER BY a.place), '[]')
                FROM json_array_elements_text(h.aliases::json) WITH ORDINALITY AS a (value, place)
                WHERE lower(a.value) <> ALL (array_agg(p.name))
            ) AS kept
        FROM dns.pending AS p
        CROSS JOIN LATERAL (
            SELECT h.* FROM dns.host_addresses AS a INNER JOIN host_entries AS h ON a.host_id = h.id
            WHERE a.name = p.name AND a.type = p.type AND a.content = p.content
            OFFSET 0
        ) AS h
        WHERE NOT p.is_wanted
        GROUP BY h.id, h.event_version, h.aliases
    LOOP
        PERFORM dns.append_event(
            log_schema, 'AliasesModified', r.id, r.event_version, NULL, NULL, r.kept::text,
            jsonb_build_object('old_aliases', r.aliases::jsonb)
        );
    END LOOP;

    FOR r IN
        SELECT p.name, p.content
        FROM dns.pending AS p
        WHERE
            p.is_wanted AND NOT EXISTS (
                SELECT FROM dns.host_addresses AS n
                WHERE n.name = p.name AND n.type = p.type AND n.content = p.content
                OFFSET 0
            )
        ORDER BY p.name, p.type, p.content
    LOOP
        PERFORM dns.append_event(
            log_schema, 'HostCreated', dns.new_version(NULL), NULL, r.content, r.name, NULL, '{}'
        );
    END LOOP;
END
$$;
COMMENT ON FUNCTION dns.apply_pending(text) IS 'Turns the pending changes into events.';

-- A writer that was faster on the same host makes an insert fail; then the changes are computed again. The first row's
-- trigger does the work for all rows of the transaction.
CREATE FUNCTION dns.pending_committed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM dns.pending) THEN
        FOR attempt IN 1..10 LOOP
            BEGIN
                PERFORM dns.apply_pending(dns.log_schema());
                EXIT;
            EXCEPTION
                WHEN unique_violation OR integrity_constraint_violation THEN
                    IF attempt = 10 THEN
                        RAISE;
                    END IF;
            END;
        END LOOP;
        DELETE FROM dns.pending;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dns.pending_committed() IS 'Trigger function: turns the pending changes into events at the commit.';

CREATE CONSTRAINT TRIGGER pending_committed AFTER INSERT OR UPDATE ON dns.pending
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION dns.pending_committed();

REVOKE EXECUTE ON FUNCTION dns.record_written(), dns.pending_committed() FROM public;
