-- depends: 1009_dns_records
-- What: how an event of PowerDNS is appended, with a version of its own.
-- Why: the database makes these events, and a client makes all others.
-- DBA: two functions.

CREATE FUNCTION dns.new_version(expected text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    digits text := '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
    milliseconds bigint := extract(EPOCH FROM clock_timestamp()) * 1000;
    random bytea := uuid_send(gen_random_uuid());
    version text := '';
    stem text;
BEGIN
    FOR place IN REVERSE 9..0 LOOP
        version := version || substr(digits, 1 + (milliseconds >> 5 * place & 31)::integer, 1);
    END LOOP;
    FOR place IN 0..15 LOOP
        version := version || substr(digits, 1 + (get_byte(random, place) & 31), 1);
    END LOOP;
    IF expected >= version COLLATE "C" THEN
        -- The next one: the last digit that is not Z grows, and those after it become 0.
        stem := rtrim(expected, 'Z');
        version := left(stem, -1) || substr(digits, strpos(digits, right(stem, 1)) + 1, 1)
            || repeat('0', 26 - length(stem));
    END IF;
    RETURN version;
END
$$;
COMMENT ON FUNCTION dns.new_version(text) IS 'A ULID of the current time that is above the given one; NULL: any.';

CREATE FUNCTION dns.append_event(
    log_schema text, kind text, host text, expected text, address text, name text, aliases text, metadata jsonb
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    version text := dns.new_version(expected);
BEGIN
    EXECUTE format(
        'INSERT INTO %I.host_events (event_id, aggregate_id, event_type, event_version, ip_address, hostname, aliases, '
        'metadata, created_by, expected_version) VALUES ($1, $2, $3, $1, $4, $5, $6, $7, $8, $9)', log_schema
    ) USING version, host, kind, address, name, aliases, metadata::text, 'powerdns', expected;
END
$$;
COMMENT ON FUNCTION dns.append_event(text, text, text, text, text, text, text, jsonb)
IS 'Appends an event of PowerDNS.';
