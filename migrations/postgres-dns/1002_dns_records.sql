-- depends: 1001_dns_names
-- What: the tables and views of PowerDNS's generic SQL schema, as its default queries read them.
-- Why: the backend gpgsql then works with its settings for the connection alone.
-- DBA: set search_path to dns for PowerDNS's role, or in gpgsql-extra-connection-parameters.

CREATE VIEW dns.domains AS
SELECT id, name, master, last_check, type, notified_serial, account, options, catalog
FROM dns.zones;
COMMENT ON VIEW dns.domains IS 'The zones as PowerDNS reads them.';
COMMENT ON COLUMN dns.domains.id IS 'The id of the zone.';
COMMENT ON COLUMN dns.domains.name IS 'Its name.';
COMMENT ON COLUMN dns.domains.master IS 'For PowerDNS.';
COMMENT ON COLUMN dns.domains.last_check IS 'For PowerDNS.';
COMMENT ON COLUMN dns.domains.type IS 'MASTER or NATIVE.';
COMMENT ON COLUMN dns.domains.notified_serial IS 'The serial of the last NOTIFY.';
COMMENT ON COLUMN dns.domains.account IS 'For PowerDNS.';
COMMENT ON COLUMN dns.domains.options IS 'For PowerDNS.';
COMMENT ON COLUMN dns.domains.catalog IS 'For PowerDNS.';

CREATE TABLE dns.domainmetadata (
    id integer GENERATED ALWAYS AS IDENTITY,
    domain_id integer NOT NULL,
    kind text COLLATE "C" NOT NULL,
    content text COLLATE "C",

    CONSTRAINT domainmetadata_pkey PRIMARY KEY (id),
    CONSTRAINT domainmetadata_zone FOREIGN KEY (domain_id) REFERENCES dns.zones (id) ON DELETE CASCADE
);
COMMENT ON TABLE dns.domainmetadata IS 'Settings of zones, for PowerDNS.';
COMMENT ON COLUMN dns.domainmetadata.id IS 'The id of the row.';
COMMENT ON COLUMN dns.domainmetadata.domain_id IS 'The zone.';
COMMENT ON COLUMN dns.domainmetadata.kind IS 'The name of the setting, for example ALLOW-DNSUPDATE-FROM.';
COMMENT ON COLUMN dns.domainmetadata.content IS 'Its value.';

CREATE INDEX domainmetadata_kind ON dns.domainmetadata (domain_id, kind);

CREATE TABLE dns.cryptokeys (
    id integer GENERATED ALWAYS AS IDENTITY,
    domain_id integer NOT NULL,
    flags integer NOT NULL,
    active boolean NOT NULL,
    published boolean NOT NULL DEFAULT TRUE,
    content text COLLATE "C" NOT NULL,

    CONSTRAINT cryptokeys_pkey PRIMARY KEY (id),
    CONSTRAINT cryptokeys_zone FOREIGN KEY (domain_id) REFERENCES dns.zones (id) ON DELETE CASCADE
);
COMMENT ON TABLE dns.cryptokeys IS 'The keys of DNSSEC, for PowerDNS.';
COMMENT ON COLUMN dns.cryptokeys.id IS 'The id of the key.';
COMMENT ON COLUMN dns.cryptokeys.domain_id IS 'The zone.';
COMMENT ON COLUMN dns.cryptokeys.flags IS 'The flags of the DNSKEY record.';
COMMENT ON COLUMN dns.cryptokeys.active IS 'Whether it signs.';
COMMENT ON COLUMN dns.cryptokeys.published IS 'Whether the zone shows it.';
COMMENT ON COLUMN dns.cryptokeys.content IS 'The private key.';

CREATE INDEX cryptokeys_zone_index ON dns.cryptokeys (domain_id);

CREATE TABLE dns.tsigkeys (
    id integer GENERATED ALWAYS AS IDENTITY,
    name text COLLATE "C" NOT NULL,
    algorithm text COLLATE "C" NOT NULL,
    secret text COLLATE "C" NOT NULL,

    CONSTRAINT tsigkeys_pkey PRIMARY KEY (id),
    CONSTRAINT tsigkeys_name UNIQUE (name, algorithm)
);
COMMENT ON TABLE dns.tsigkeys IS 'The keys of TSIG, for PowerDNS.';
COMMENT ON COLUMN dns.tsigkeys.id IS 'The id of the key.';
COMMENT ON COLUMN dns.tsigkeys.name IS 'Its name.';
COMMENT ON COLUMN dns.tsigkeys.algorithm IS 'Its algorithm.';
COMMENT ON COLUMN dns.tsigkeys.secret IS 'The secret in base64.';

CREATE TABLE dns.comments (
    id integer GENERATED ALWAYS AS IDENTITY,
    domain_id integer NOT NULL,
    name text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL,
    modified_at integer NOT NULL,
    account text COLLATE "C",
    comment text COLLATE "C" NOT NULL,

    CONSTRAINT comments_pkey PRIMARY KEY (id),
    CONSTRAINT comments_zone FOREIGN KEY (domain_id) REFERENCES dns.zones (id) ON DELETE CASCADE
);
COMMENT ON TABLE dns.comments IS 'Comments on records that were given to PowerDNS. They are not the comments of hosts.';
COMMENT ON COLUMN dns.comments.id IS 'The id of the row.';
COMMENT ON COLUMN dns.comments.domain_id IS 'The zone.';
COMMENT ON COLUMN dns.comments.name IS 'The name of the records.';
COMMENT ON COLUMN dns.comments.type IS 'The type of the records.';
COMMENT ON COLUMN dns.comments.modified_at IS 'When, in seconds since 1970.';
COMMENT ON COLUMN dns.comments.account IS 'Who.';
COMMENT ON COLUMN dns.comments.comment IS 'The comment.';

CREATE INDEX comments_name ON dns.comments (domain_id, name, type);

CREATE TABLE dns.supermasters (
    ip inet NOT NULL,
    nameserver text COLLATE "C" NOT NULL,
    account text COLLATE "C" NOT NULL,

    CONSTRAINT supermasters_pkey PRIMARY KEY (ip, nameserver)
);
COMMENT ON TABLE dns.supermasters IS 'For PowerDNS.';
COMMENT ON COLUMN dns.supermasters.ip IS 'For PowerDNS.';
COMMENT ON COLUMN dns.supermasters.nameserver IS 'For PowerDNS.';
COMMENT ON COLUMN dns.supermasters.account IS 'For PowerDNS.';

CREATE VIEW dns.log_last AS
SELECT
    greatest(
        (SELECT max(e.position) FROM host_events AS e), (SELECT max(x.position) FROM erased_events AS x)
    ) AS position;
COMMENT ON VIEW dns.log_last IS 'The position of the newest event.';
COMMENT ON COLUMN dns.log_last.position IS 'NULL: the log is empty.';

-- The tables of the log are bound here. The horizon is computed once.
CREATE VIEW dns.log_end AS
WITH h AS MATERIALIZED (
    SELECT log_horizon() AS horizon
)

SELECT
    greatest(
        (SELECT max(e.position) FROM host_events AS e WHERE e.position < (SELECT h.horizon FROM h)),
        (SELECT max(x.position) FROM erased_events AS x WHERE x.position < (SELECT h.horizon FROM h))
    ) AS position;
COMMENT ON VIEW dns.log_end IS 'The position of the newest event that every reader sees. Erased events count.';
COMMENT ON COLUMN dns.log_end.position IS 'NULL: the log is empty.';

-- After each start of the server log_epoch raises the transactions of new events by up to ten years of milliseconds. A
-- serial may grow by less than 2^31 at once (RFC 1982), or secondaries take it for an older one.
CREATE TABLE dns.serial_gaps (
    first_transaction bigint NOT NULL,
    skipped bigint NOT NULL,

    CONSTRAINT serial_gaps_pkey PRIMARY KEY (first_transaction)
);
COMMENT ON TABLE dns.serial_gaps IS 'Transactions that the serials leave out.';
COMMENT ON COLUMN dns.serial_gaps.first_transaction IS 'From this transaction of the log on.';
COMMENT ON COLUMN dns.serial_gaps.skipped IS 'So much the serial grows less than the transactions.';

-- No later event changes what a reader at this serial sees: see log_horizon(). Erased events count, so that the serial
-- never decreases. SECURITY DEFINER: PowerDNS's role has no right on the log. PL/pgSQL keeps the plan for other calls.
CREATE FUNCTION dns.log_serial() RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    newest bigint := (SELECT coalesce(e.position, 0) >> 22 FROM dns.log_end AS e);
BEGIN
    RETURN newest - coalesce((SELECT sum(g.skipped) FROM dns.serial_gaps AS g WHERE g.first_transaction <= newest), 0);
END
$$;
COMMENT ON FUNCTION dns.log_serial()
IS 'The transaction of the newest event that every reader sees, without those of serial_gaps.';

-- The first writer after a start of the server runs this and holds the lock of log_epoch, so the log ends before the
-- gap. What a lost part of the log may have shown must stay below the new serials: they still grow with the gap.
CREATE FUNCTION dns.epoch_raised() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    next bigint := pg_snapshot_xmin(pg_current_snapshot())::text::bigint + new.xid_offset;
    gap bigint := next - (SELECT coalesce(a.position, 0) >> 22 FROM dns.log_last AS a);
    skipped bigint := gap - 536870912 - gap / 256;
BEGIN
    IF skipped > 0 THEN
        INSERT INTO dns.serial_gaps (first_transaction, skipped) VALUES (next, skipped)
        ON CONFLICT (first_transaction) DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dns.epoch_raised() IS 'Trigger function: limits what a raised offset adds to the serials.';

CREATE TRIGGER dns_epoch_raised AFTER UPDATE OF xid_offset ON log_epoch
FOR EACH ROW WHEN (new.xid_offset > old.xid_offset) EXECUTE FUNCTION dns.epoch_raised();

REVOKE EXECUTE ON FUNCTION dns.epoch_raised() FROM public;
REVOKE EXECUTE ON FUNCTION dns.log_serial() FROM public;

-- The changes of records in the open transaction, which becomes events when it commits. Empty in every other one.
CREATE TABLE dns.pending (
    name text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL,
    content text COLLATE "C" NOT NULL,
    zone_id integer NOT NULL,
    is_wanted boolean NOT NULL,

    CONSTRAINT pending_pkey PRIMARY KEY (name, type, content)
);
COMMENT ON TABLE dns.pending IS 'The records that the open transaction has written or deleted.';
COMMENT ON COLUMN dns.pending.name IS 'The name of the record.';
COMMENT ON COLUMN dns.pending.type IS 'A or AAAA.';
COMMENT ON COLUMN dns.pending.content IS 'The address.';
COMMENT ON COLUMN dns.pending.zone_id IS 'The zone.';
COMMENT ON COLUMN dns.pending.is_wanted IS 'Whether the record shall exist.';

-- The A and AAAA records of hosts, each as often as hosts make it. The index of host_entries finds the hostnames that
-- are stored in the form that is served. The others, and the aliases, are in names.
CREATE VIEW dns.host_addresses AS
SELECT
    h.hostname AS name,
    CASE WHEN strpos(h.ip_address, ':') > 0 THEN 'AAAA' ELSE 'A' END COLLATE "C" AS type,
    h.ip_address AS content,
    z.id AS zone_id,
    z.ttl,
    -1::bigint AS first_position,
    h.id AS host_id
FROM host_entries AS h
INNER JOIN dns.zones AS z ON right('.' || h.hostname, length(z.name) + 1) = '.' || z.name
WHERE
    dns.is_stored_as_served(h.ip_address, h.hostname)
    AND (
        NOT z.has_subzones OR NOT EXISTS (
            SELECT FROM dns.zones AS o
            WHERE length(o.name) > length(z.name) AND right('.' || h.hostname, length(o.name) + 1) = '.' || o.name
        )
    )

UNION ALL

SELECT
    n.name,
    n.type,
    n.content,
    n.zone_id,
    z.ttl,
    n.first_position,
    n.host_id
FROM dns.names AS n
INNER JOIN dns.zones AS z ON n.zone_id = z.id
WHERE n.type <> 'ENT';
COMMENT ON VIEW dns.host_addresses IS 'The A and AAAA records of hosts. Several hosts may make the same one.';
COMMENT ON COLUMN dns.host_addresses.name IS 'The name in lower case, without the root dot.';
COMMENT ON COLUMN dns.host_addresses.type IS 'A or AAAA.';
COMMENT ON COLUMN dns.host_addresses.content IS 'The address.';
COMMENT ON COLUMN dns.host_addresses.zone_id IS 'The zone.';
COMMENT ON COLUMN dns.host_addresses.ttl IS 'How long a resolver may keep it, in seconds.';
COMMENT ON COLUMN dns.host_addresses.first_position
IS 'The host''s first_position; -1: it has no row in names for this record.';
COMMENT ON COLUMN dns.host_addresses.host_id IS 'The host.';

-- Of the pointers of an address the one of its first host. A text that is no address may have the pointer of one.
CREATE VIEW dns.host_pointers AS
SELECT
    dns.pointer(h.ip_address) AS name,
    lower(h.hostname) AS content,
    z.id AS zone_id,
    z.ttl
FROM host_entries AS h
INNER JOIN dns.zones AS z ON right('.' || dns.pointer(h.ip_address), length(z.name) + 1) = '.' || z.name
WHERE
    dns.has_pointer(h.ip_address, h.hostname)
    AND (
        NOT z.has_subzones OR NOT EXISTS (
            SELECT FROM dns.zones AS o
            WHERE
                length(o.name) > length(z.name)
                AND right('.' || dns.pointer(h.ip_address), length(o.name) + 1) = '.' || o.name
        )
    )
    AND NOT EXISTS (
        SELECT FROM host_entries AS other
        WHERE
            dns.pointer(other.ip_address) = dns.pointer(h.ip_address)
            AND (other.priority, other.first_position) < (h.priority, h.first_position)
            AND dns.has_pointer(other.ip_address, other.hostname)
    );
COMMENT ON VIEW dns.host_pointers IS 'The PTR records.';
COMMENT ON COLUMN dns.host_pointers.name IS 'The name, without the root dot.';
COMMENT ON COLUMN dns.host_pointers.content IS 'The hostname in lower case.';
COMMENT ON COLUMN dns.host_pointers.zone_id IS 'The zone.';
COMMENT ON COLUMN dns.host_pointers.ttl IS 'How long a resolver may keep it, in seconds.';

-- '/' follows '.' in the order of the index. A name exists for the pointers of its own zone only.
CREATE VIEW dns.names_above AS
SELECT
    n.name,
    n.zone_id
FROM dns.names AS n
WHERE
    n.type = 'ENT'
    AND NOT EXISTS (
        SELECT FROM dns.names AS other
        WHERE other.name = n.name AND other.type = 'ENT' AND other.first_position < n.first_position
    )

UNION ALL

SELECT
    k.name,
    z.id
FROM dns.networks AS k
INNER JOIN dns.zones AS z ON right(k.name, length(z.name) + 1) = '.' || z.name
WHERE
    (
        NOT z.has_subzones OR NOT EXISTS (
            SELECT FROM dns.zones AS o
            WHERE length(o.name) > length(z.name) AND right('.' || k.name, length(o.name) + 1) = '.' || o.name
        )
    )
    AND EXISTS (
        SELECT FROM host_entries AS h
        WHERE
            h.ip_address >= k.prefix AND h.ip_address < left(k.prefix, -1) || '/'
            AND dns.has_pointer(h.ip_address, h.hostname)
            AND (
                NOT z.has_subzones OR NOT EXISTS (
                    SELECT FROM dns.zones AS o
                    WHERE
                        length(o.name) > length(z.name)
                        AND right('.' || dns.pointer(h.ip_address), length(o.name) + 1) = '.' || o.name
                )
            )
    )
    AND NOT EXISTS (
        SELECT FROM dns.networks AS other
        WHERE other.name = k.name AND other.first_position < k.first_position
    )
    AND NOT EXISTS (SELECT FROM dns.names AS n WHERE n.name = k.name AND n.type = 'ENT');
COMMENT ON VIEW dns.names_above IS 'The names between a zone and its records.';
COMMENT ON COLUMN dns.names_above.name IS 'The name in lower case, without the root dot.';
COMMENT ON COLUMN dns.names_above.zone_id IS 'The zone.';

-- The mail address becomes a name: dots in its first part are escaped. The times are those of an exported zone file. Of
-- the rows with the same record one is shown: that without a row in names, else that of the oldest host.
CREATE VIEW dns.records AS
SELECT
    NULL::bigint AS id,
    z.id AS domain_id,
    z.name,
    'SOA' COLLATE "C" AS type,
    concat_ws(
        ' ',
        split_part(z.ns, ' ', 1),
        replace(split_part(z.mail, '@', 1), '.', '\.') || '.' || split_part(z.mail, '@', 2),
        (
            dns.log_serial() + coalesce((SELECT c.changes FROM dns.zone_changes AS c WHERE c.name = z.name), 0)
        ) & 4294967295,
        '7200 900 1209600 300'
    ) COLLATE "C" AS content,
    z.ttl,
    NULL::integer AS prio,
    FALSE AS disabled,
    NULL::text COLLATE "C" AS ordername,
    TRUE AS auth
FROM dns.zones AS z

UNION ALL

SELECT
    NULL,
    z.id,
    z.name,
    'NS',
    n.ns,
    z.ttl,
    NULL,
    FALSE,
    NULL,
    TRUE
FROM dns.zones AS z
CROSS JOIN LATERAL string_to_table(z.ns, ' ') AS n (ns)

UNION ALL

SELECT
    NULL,
    a.zone_id,
    a.name,
    a.type,
    a.content,
    a.ttl,
    NULL,
    FALSE,
    NULL,
    TRUE
FROM dns.host_addresses AS a
WHERE
    NOT EXISTS (
        SELECT FROM dns.names AS n
        WHERE n.name = a.name AND n.type = a.type AND n.content = a.content AND n.first_position < a.first_position
    )
    AND NOT EXISTS (
        SELECT FROM host_entries AS h
        WHERE a.first_position <> -1 AND h.hostname = a.name AND h.ip_address = a.content
    )
    AND NOT EXISTS (
        SELECT FROM dns.pending AS p
        WHERE p.name = a.name AND p.type = a.type AND p.content = a.content
    )

UNION ALL

SELECT
    NULL,
    p.zone_id,
    p.name,
    'PTR',
    p.content,
    p.ttl,
    NULL,
    FALSE,
    NULL,
    TRUE
FROM dns.host_pointers AS p

UNION ALL

SELECT
    NULL,
    e.zone_id,
    e.name,
    NULL,
    NULL,
    z.ttl,
    NULL,
    FALSE,
    NULL,
    TRUE
FROM dns.names_above AS e
INNER JOIN dns.zones AS z ON e.zone_id = z.id
WHERE
    NOT EXISTS (SELECT FROM dns.names AS n WHERE n.name = e.name AND n.type <> 'ENT')
    AND NOT EXISTS (
        SELECT FROM host_entries AS h
        WHERE h.hostname = e.name AND dns.has_pointer(h.ip_address, h.hostname)
    )
    AND NOT EXISTS (
        SELECT FROM host_entries AS h
        WHERE dns.pointer(h.ip_address) = e.name AND dns.has_pointer(h.ip_address, h.hostname)
    )

UNION ALL

SELECT
    NULL,
    p.zone_id,
    p.name,
    p.type,
    p.content,
    z.ttl,
    NULL,
    FALSE,
    NULL,
    TRUE
FROM dns.pending AS p
INNER JOIN dns.zones AS z ON p.zone_id = z.id
WHERE p.is_wanted;
COMMENT ON VIEW dns.records IS 'The records as PowerDNS reads them.';
COMMENT ON COLUMN dns.records.id IS 'Always NULL: PowerDNS does not read it.';
COMMENT ON COLUMN dns.records.domain_id IS 'The zone.';
COMMENT ON COLUMN dns.records.name IS 'The name in lower case, without the root dot.';
COMMENT ON COLUMN dns.records.type IS 'The type; NULL for a name that only has names below it.';
COMMENT ON COLUMN dns.records.content IS 'The content in the form of a zone file.';
COMMENT ON COLUMN dns.records.ttl IS 'How long a resolver may keep it, in seconds.';
COMMENT ON COLUMN dns.records.prio IS 'Always NULL.';
COMMENT ON COLUMN dns.records.disabled IS 'Always false.';
COMMENT ON COLUMN dns.records.ordername IS 'Always NULL.';
COMMENT ON COLUMN dns.records.auth IS 'Always true.';
