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

-- No later event changes what a reader at this serial sees: see log_horizon(). Erased events count, so that the serial
-- never decreases. SECURITY DEFINER: PowerDNS's role has no right on the log. PL/pgSQL keeps the plan for other calls.
CREATE FUNCTION dns.log_serial() RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT coalesce(e.position, 0) >> 22 FROM dns.log_end AS e);
END
$$;
COMMENT ON FUNCTION dns.log_serial() IS 'The transaction of the newest event that every reader sees.';

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

-- Of the rows with the same record one is shown, and of the pointers of an address the one of its first host. The mail
-- address becomes a name: dots in its first part are escaped. The times are those of an exported zone file.
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
    n.zone_id,
    n.name,
    nullif(n.type, 'ENT'),
    n.content,
    z.ttl,
    NULL,
    FALSE,
    NULL,
    TRUE
FROM dns.names AS n
INNER JOIN dns.zones AS z ON n.zone_id = z.id
WHERE
    NOT EXISTS (
        SELECT FROM dns.names AS other
        WHERE
            other.name = n.name
            AND CASE n.type
                WHEN 'PTR'
                    THEN
                        other.type = 'PTR'
                        AND (other.priority, other.first_position) < (n.priority, n.first_position)
                WHEN 'ENT' THEN other.type <> 'ENT' OR other.first_position < n.first_position
                ELSE
                    other.type = n.type AND other.content = n.content AND other.first_position < n.first_position
            END
    )
    AND NOT EXISTS (
        SELECT FROM dns.pending AS p
        WHERE p.name = n.name AND p.type = n.type AND p.content = n.content
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
