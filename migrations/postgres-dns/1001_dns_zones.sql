-- depends: 0008_compatibility
-- What: the schema dns and the zones that the name server serves.
-- Why: a name is served only if a zone has it. A zone also has what its SOA and NS records say.
-- DBA: optional. An empty table, no lock on others. Undo drops the zones, not the hosts.

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

-- In PL/pgSQL this is one call in a plan, with one cost. As a subquery it would be planned with 260 zones: PostgreSQL
-- expects them in a table that was not analyzed, and a table of a few zones never is. It would then expect so much work
-- for each query of PowerDNS that it compiles the query first (JIT), which takes 0.1 s.
-- It runs with the rights of the caller, so a role that reads a view with it needs SELECT (name).
CREATE FUNCTION dns.has_longer_zone(searched text, zone text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10
AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM dns.zones AS z
        WHERE
            length(z.name) > length(zone)
            AND right('.' || searched, length(z.name) + 1) = '.' || z.name
    );
END
$$;
COMMENT ON FUNCTION dns.has_longer_zone(text, text) IS 'Whether a longer zone than the given one matches a name.';
