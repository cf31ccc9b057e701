-- depends: 0008_compatibility
-- What: the zones that the name server serves.
-- Why: a name is served only if a zone has it. A zone also has what its SOA and NS records say.
-- DBA: optional. An empty table. Undo drops the zones, not the hosts.

CREATE TABLE dns_zones (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    -- The names of the name servers, separated by one blank. The first one is the primary.
    ns TEXT NOT NULL,
    mail TEXT NOT NULL,
    ttl INTEGER NOT NULL DEFAULT 300,
    -- The serial that secondaries have when the zone is added.
    after_serial INTEGER,
    -- The next columns are PowerDNS's own. MASTER: it notifies secondaries; NATIVE: it does not.
    type TEXT NOT NULL DEFAULT 'MASTER',
    master TEXT,
    last_check INTEGER,
    notified_serial INTEGER,
    account TEXT,
    options TEXT,
    catalog TEXT,

    CONSTRAINT zones_name UNIQUE (name),
    CONSTRAINT zones_name_valid CHECK (
        length(name) BETWEEN 1 AND 253 AND name NOT GLOB '*[^a-z0-9_.-]*'
        AND '.' || name || '.' NOT GLOB '*..*'
    ),
    CONSTRAINT zones_ns_valid CHECK (
        length(ns) BETWEEN 1 AND 1000 AND ns NOT GLOB '*[^a-z0-9_. -]*'
        AND '.' || replace(ns, ' ', '.') || '.' NOT GLOB '*..*'
    ),
    CONSTRAINT zones_mail_valid CHECK (
        length(mail) <= 253 AND mail GLOB '?*@?*' AND mail NOT GLOB '*@*@*' AND mail NOT GLOB '*[^!-~]*'
        AND substr(mail, instr(mail, '@') + 1) NOT GLOB '*[^a-z0-9_.-]*'
        AND '.' || substr(mail, instr(mail, '@') + 1) || '.' NOT GLOB '*..*'
        AND instr(mail, '@') <= 64
    ),
    CONSTRAINT zones_ttl_valid CHECK (ttl BETWEEN 0 AND 2147483647),
    CONSTRAINT zones_after_serial_valid CHECK (after_serial BETWEEN 0 AND 4294967295),
    CONSTRAINT zones_type_valid CHECK (type IN ('MASTER', 'NATIVE'))
) STRICT;

-- A zone is renamed by removing it and adding another one.
CREATE TRIGGER dns_zones_renamed BEFORE UPDATE OF id, name ON dns_zones
WHEN new.id <> old.id OR new.name <> old.name
BEGIN
    SELECT raise(ABORT, 'zones_name: remove the zone and add another one');
END;

-- INSERT OR REPLACE deletes without firing a delete trigger.
CREATE TRIGGER dns_zones_repeated BEFORE INSERT ON dns_zones
WHEN EXISTS (SELECT 1 FROM dns_zones AS z WHERE z.name = new.name OR z.id = new.id)
BEGIN
    SELECT raise(ABORT, 'zones_name: this zone is already there');
END;
