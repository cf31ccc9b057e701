-- depends: 1001_dns_names
-- What: the tables and views of PowerDNS's generic SQL schema, as its default queries read them.
-- Why: the backend gsqlite3 then works with the name of the file as its only setting.
-- DBA: PowerDNS's names have no prefix, so no other application can have a table named records or domains here.

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

-- Of the rows with the same record one is shown, and of the pointers of an address the one of its first host. The mail
-- address becomes a name: dots in its first part are escaped. The times are those of an exported zone file.
CREATE VIEW records AS
SELECT
    NULL AS id,
    z.id AS domain_id,
    z.name,
    'SOA' AS type,
    substr(z.ns, 1, instr(z.ns || ' ', ' ') - 1) || ' '
    || replace(substr(z.mail, 1, instr(z.mail, '@') - 1), '.', '\.') || '.'
    || substr(z.mail, instr(z.mail, '@') + 1) || ' '
    || (
        (SELECT l.serial FROM dns_log_serial AS l)
        + coalesce((SELECT c.changes FROM dns_zone_changes AS c WHERE c.name = z.name), 0) & 4294967295
    )
    || ' 7200 900 1209600 300' AS content,
    z.ttl,
    NULL AS prio,
    0 AS disabled,
    NULL AS ordername,
    1 AS auth
FROM dns_zones AS z

UNION ALL

SELECT
    NULL,
    z.id,
    z.name,
    'NS',
    s.value,
    z.ttl,
    NULL,
    0,
    NULL,
    1
FROM dns_zones AS z
CROSS JOIN json_each('["' || replace(z.ns, ' ', '","') || '"]') AS s

UNION ALL

SELECT
    NULL,
    n.zone_id,
    n.name,
    n.type,
    n.content,
    z.ttl,
    NULL,
    0,
    NULL,
    1
FROM dns_names AS n
INNER JOIN dns_zones AS z ON n.zone_id = z.id
WHERE
    NOT EXISTS (
        SELECT 1 FROM dns_names AS other
        WHERE
            other.name = n.name
            AND CASE n.type
                WHEN 'PTR'
                    THEN
                        other.type = 'PTR'
                        AND (other.priority, other.first_position) < (n.priority, n.first_position)
                ELSE
                    other.type = n.type AND other.content = n.content AND other.first_position < n.first_position
            END
    )

UNION ALL

SELECT
    NULL,
    p.zone_id,
    p.name,
    NULL,
    NULL,
    z.ttl,
    NULL,
    0,
    NULL,
    1
FROM dns_parents AS p
INNER JOIN dns_zones AS z ON p.zone_id = z.id
WHERE NOT EXISTS (SELECT 1 FROM dns_names AS n WHERE n.name = p.name);
