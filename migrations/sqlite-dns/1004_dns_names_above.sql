-- depends: 1003_dns_names
-- What: dns_parents, the names between a zone and its records, with triggers that keep them.
-- Why: such a name exists also if it has no record. PowerDNS must not answer that it does not exist (RFC 8020).
-- DBA: an empty table, three triggers and a view.

-- The names between a zone and its records: they exist, also if they have no record (empty non-terminals). children
-- counts the rows of dns_names and of this table whose name without its first label is this one.
CREATE TABLE dns_parents (
    name TEXT NOT NULL,
    zone_id INTEGER NOT NULL,
    children INTEGER NOT NULL,

    CONSTRAINT parents_pkey PRIMARY KEY (name)
) STRICT, WITHOUT ROWID;

-- A zone, and a name directly below it, have no parent here.
CREATE TRIGGER dns_names_inserted AFTER INSERT ON dns_names
WHEN
    NOT EXISTS (
        SELECT 1 FROM dns_zones AS z
        WHERE z.id = new.zone_id AND z.name IN (new.name, substr(new.name, instr(new.name, '.') + 1))
    )
BEGIN
    INSERT INTO dns_parents (name, zone_id, children)
    VALUES (substr(new.name, instr(new.name, '.') + 1), new.zone_id, 1)
    ON CONFLICT (name) DO UPDATE SET children = children + 1;
END;

-- The parents above a new one are added too, if they are missing. Each of these, and the first one that was there, has
-- one child more. Those that this trigger adds itself begin with 0: it must not fire for them.
CREATE TRIGGER dns_parents_inserted AFTER INSERT ON dns_parents
WHEN new.children = 1
BEGIN
    INSERT INTO dns_parents (name, zone_id, children)
    SELECT
        m.suffix,
        new.zone_id,
        0
    FROM (
        WITH RECURSIVE walk (suffix) AS (
            SELECT new.name
            UNION ALL
            SELECT substr(w.suffix, instr(w.suffix, '.') + 1)
            FROM walk AS w CROSS JOIN dns_zones AS z ON z.id = new.zone_id
            WHERE substr(w.suffix, instr(w.suffix, '.') + 1) <> z.name
        )

        SELECT w.suffix FROM walk AS w
        WHERE NOT EXISTS (SELECT 1 FROM dns_parents AS p WHERE p.name = w.suffix)
    ) AS m;

    UPDATE dns_parents SET children = children + 1
    WHERE
        name IN (
            WITH RECURSIVE walk (name, children) AS (
                SELECT
                    p.name,
                    p.children
                FROM dns_parents AS p
                WHERE p.name = substr(new.name, instr(new.name, '.') + 1)
                UNION ALL
                SELECT
                    p.name,
                    p.children
                FROM walk AS w CROSS JOIN dns_parents AS p ON p.name = substr(w.name, instr(w.name, '.') + 1)
                WHERE w.children = 0
            )

            SELECT w.name FROM walk AS w
        );
END;

-- The parents that have no other child go, and the one above them has one child less.
CREATE TRIGGER dns_names_deleted AFTER DELETE ON dns_names
WHEN EXISTS (SELECT 1 FROM dns_parents AS p WHERE p.name = substr(old.name, instr(old.name, '.') + 1))
BEGIN
    DELETE FROM dns_parents
    WHERE
        name IN (
            WITH RECURSIVE walk (suffix) AS (
                SELECT p.name FROM dns_parents AS p
                WHERE p.name = substr(old.name, instr(old.name, '.') + 1) AND p.children = 1
                UNION ALL
                SELECT p.name
                FROM walk AS w CROSS JOIN dns_parents AS p ON p.name = substr(w.suffix, instr(w.suffix, '.') + 1)
                WHERE p.children = 1
            )

            SELECT w.suffix FROM walk AS w
        );
    UPDATE dns_parents SET children = children - 1
    WHERE name = (
        WITH RECURSIVE walk (suffix) AS (
            SELECT substr(old.name, instr(old.name, '.') + 1)
            UNION ALL
            SELECT substr(w.suffix, instr(w.suffix, '.') + 1) FROM walk AS w
            WHERE instr(w.suffix, '.') > 0 AND NOT EXISTS (SELECT 1 FROM dns_zones AS z WHERE z.name = w.suffix)
        )

        SELECT p.name FROM walk AS w CROSS JOIN dns_parents AS p ON w.suffix = p.name LIMIT 1 -- noqa: AM09
    );
END;

-- The definition of dns_parents, computed from all live hosts.
CREATE VIEW dns_parents_current AS
WITH RECURSIVE
given AS MATERIALIZED (
    SELECT
        c.name,
        c.zone_id
    FROM dns_names_current AS c
    WHERE c.name <> (SELECT z.name FROM dns_zones AS z WHERE z.id = c.zone_id)
),

walk (name, zone_id) AS (
    SELECT
        substr(g.name, instr(g.name, '.') + 1),
        g.zone_id
    FROM given AS g CROSS JOIN dns_zones AS z ON g.zone_id = z.id
    WHERE substr(g.name, instr(g.name, '.') + 1) <> z.name
    UNION
    SELECT
        substr(w.name, instr(w.name, '.') + 1),
        w.zone_id
    FROM walk AS w CROSS JOIN dns_zones AS z ON w.zone_id = z.id
    WHERE substr(w.name, instr(w.name, '.') + 1) <> z.name
),

child (parent) AS (
    SELECT substr(g.name, instr(g.name, '.') + 1) FROM given AS g
    UNION ALL
    SELECT substr(w.name, instr(w.name, '.') + 1) FROM walk AS w
)

SELECT
    w.name,
    w.zone_id,
    count(*) AS children
FROM walk AS w INNER JOIN child AS c ON w.name = c.parent
GROUP BY w.name;
