-- depends: 1007_dns_zone_changes
-- What: the zones as PowerDNS reads them, and its tables for settings, keys and comments.
-- Why: PowerDNS's default queries find its generic SQL schema, and its commands can store keys and settings.
-- DBA: a view and empty tables. Undo drops the keys of DNSSEC. Back up first.

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

-- A zone of PowerDNS's own would have no name server and no mail address, and removing one would delete its hosts.
CREATE FUNCTION dns.refuse_zone() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'PowerDNS cannot add or remove a zone of hostsdb'
        USING ERRCODE = 'feature_not_supported', HINT = 'Run: hostsdb zone add, or hostsdb zone remove';
END
$$;
COMMENT ON FUNCTION dns.refuse_zone() IS 'Trigger function: refuses a new or removed zone.';

CREATE TRIGGER domains_guard INSTEAD OF INSERT OR DELETE ON dns.domains
FOR EACH ROW EXECUTE FUNCTION dns.refuse_zone();
