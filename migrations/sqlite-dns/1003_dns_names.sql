-- depends: 1002_dns_addresses
-- What: dns_names, one row per A, AAAA and PTR record of a host, and its definition.
-- Why: PowerDNS looks up names; the aliases of a host are JSON text, and a view over it would read all hosts.
-- DBA: an empty table and a view.

-- Names that are in no zone have no row. Several hosts may make the same record, each with a row of its own: it stays
-- until the last of them is deleted.
CREATE TABLE dns_names (
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    priority INTEGER NOT NULL,
    first_position INTEGER NOT NULL,
    content TEXT,
    zone_id INTEGER NOT NULL,
    host_id TEXT NOT NULL,

    CONSTRAINT names_pkey PRIMARY KEY (name, type, priority, first_position)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER dns_names_without_zone BEFORE INSERT ON dns_names
WHEN new.zone_id IS NULL
BEGIN
    SELECT raise(IGNORE);
END;

-- The definition of dns_names, computed from all live hosts. A name is cut at its dots until a zone has the rest.
CREATE VIEW dns_names_current AS
WITH RECURSIVE
addressed AS MATERIALIZED (
    SELECT
        a.id,
        lower(a.hostname) AS hostname,
        a.aliases,
        a.priority,
        a.first_position,
        a.address
    FROM dns_addresses AS a
),

split AS MATERIALIZED (
    SELECT
        a.*,
        substr(a.address, 1, instr(a.address, ' ') - 1) AS type,
        substr(a.address, instr(a.address, ' ') + 1) AS rest
    FROM addressed AS a
    WHERE a.address IS NOT NULL
),

given (name, type, content, priority, first_position, host_id) AS (
    SELECT
        s.hostname,
        s.type,
        substr(s.rest, 1, instr(s.rest, ' ') - 1),
        s.priority,
        s.first_position,
        s.id
    FROM split AS s
    UNION
    SELECT
        lower(j.value),
        s.type,
        substr(s.rest, 1, instr(s.rest, ' ') - 1),
        s.priority,
        s.first_position,
        s.id
    FROM split AS s CROSS JOIN json_each(s.aliases) AS j
    WHERE s.aliases <> '[]'
    UNION ALL
    SELECT
        substr(s.rest, instr(s.rest, ' ') + 1),
        'PTR',
        s.hostname,
        s.priority,
        s.first_position,
        s.id
    FROM split AS s
),

walk (name, type, content, priority, first_position, host_id, suffix, zone_id) AS (
    SELECT
        g.name,
        g.type,
        g.content,
        g.priority,
        g.first_position,
        g.host_id,
        g.name,
        (SELECT z.id FROM dns_zones AS z WHERE z.name = g.name)
    FROM given AS g
    WHERE
        length(g.name) <= 253 AND g.name NOT GLOB '*[^a-z0-9_.-]*'
        AND '.' || g.name || '.' NOT GLOB '*.[-.]*' AND g.name || '.' NOT GLOB '*-.*'
        AND (
            g.type <> 'PTR'
            OR (
                length(g.content) <= 253 AND g.content NOT GLOB '*[^a-z0-9_.-]*'
                AND '.' || g.content || '.' NOT GLOB '*.[-.]*' AND g.content || '.' NOT GLOB '*-.*'
                AND NOT EXISTS (
                    SELECT 1 FROM json_each('["' || replace(g.content, '.', '","') || '"]') AS j
                    WHERE length(j.value) > 63
                )
            )
        )
    UNION ALL
    SELECT
        w.name,
        w.type,
        w.content,
        w.priority,
        w.first_position,
        w.host_id,
        substr(w.suffix, instr(w.suffix, '.') + 1),
        (SELECT z.id FROM dns_zones AS z WHERE z.name = substr(w.suffix, instr(w.suffix, '.') + 1))
    FROM walk AS w
    WHERE w.zone_id IS NULL AND instr(w.suffix, '.') BETWEEN 1 AND 64
)

SELECT
    w.name,
    w.type,
    w.priority,
    w.first_position,
    w.content,
    w.zone_id,
    w.host_id
FROM walk AS w
WHERE w.zone_id IS NOT NULL;
