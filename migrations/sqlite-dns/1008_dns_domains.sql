-- depends: 1007_dns_zone_changes
-- What: the zones as PowerDNS reads them, and its tables for settings, keys and comments.
-- Why: PowerDNS's default queries find its generic SQL schema, and its commands can store keys and settings.
-- DBA: their names have no prefix: no other application can have such a table here. Undo drops the keys of DNSSEC.

CREATE VIEW domains AS
SELECT id, name, master, last_check, type, notified_serial, account, options, catalog
FROM dns_zones;

CREATE TRIGGER domains_update INSTEAD OF UPDATE ON domains
BEGIN
    UPDATE dns_zones
    SET
        master = new.master,
        last_check = new.last_check,
        type = new.type,
        notified_serial = new.notified_serial,
        account = new.account,
        options = new.options,
        catalog = new.catalog
    WHERE id = old.id;
END;

CREATE TABLE domainmetadata (
    id INTEGER PRIMARY KEY,
    domain_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    content TEXT
) STRICT;

CREATE INDEX domainmetadata_kind ON domainmetadata (domain_id, kind);

CREATE TABLE cryptokeys (
    id INTEGER PRIMARY KEY,
    domain_id INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    active INTEGER NOT NULL,
    published INTEGER NOT NULL DEFAULT 1,
    content TEXT NOT NULL
) STRICT;

CREATE INDEX cryptokeys_zone ON cryptokeys (domain_id);

CREATE TABLE tsigkeys (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    secret TEXT NOT NULL,

    CONSTRAINT tsigkeys_name UNIQUE (name, algorithm)
) STRICT;

CREATE TABLE comments (
    id INTEGER PRIMARY KEY,
    domain_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    modified_at INTEGER NOT NULL,
    account TEXT,
    comment TEXT NOT NULL
) STRICT;

CREATE INDEX comments_name ON comments (domain_id, name, type);

CREATE TABLE supermasters (
    ip TEXT NOT NULL,
    nameserver TEXT NOT NULL,
    account TEXT NOT NULL,

    CONSTRAINT supermasters_pkey PRIMARY KEY (ip, nameserver)
) STRICT;

CREATE TRIGGER dns_zones_settings AFTER DELETE ON dns_zones
BEGIN
    DELETE FROM domainmetadata WHERE domain_id = old.id;
    DELETE FROM cryptokeys WHERE domain_id = old.id;
    DELETE FROM comments WHERE domain_id = old.id;
END;

-- A zone of PowerDNS's own would have no name server and no mail address, and removing one would delete its hosts.
CREATE TRIGGER domains_insert INSTEAD OF INSERT ON domains
BEGIN
    SELECT raise(ABORT, 'domains_guard: PowerDNS cannot add a zone of hostsdb; run: hostsdb zone add');
END;

CREATE TRIGGER domains_delete INSTEAD OF DELETE ON domains
BEGIN
    SELECT raise(ABORT, 'domains_guard: PowerDNS cannot remove a zone of hostsdb; run: hostsdb zone remove');
END;
