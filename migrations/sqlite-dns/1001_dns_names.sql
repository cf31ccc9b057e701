-- depends: 0008_compatibility
-- What: the zones, and dns_names, one row per record of a host, kept in the transaction of the event.
-- Why: PowerDNS looks up names; the aliases of a host are JSON text, and a view over it would read all hosts.
-- DBA: optional. Undo drops the zones, not the hosts. A change of the zones computes the names of all hosts again.

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

-- What the changes of the zones add to the serials, because no event says them. A row stays when the zone is removed:
-- a zone that is added again continues with a greater serial.
CREATE TABLE dns_zone_changes (
    name TEXT NOT NULL,
    changes INTEGER NOT NULL,

    CONSTRAINT zone_changes_pkey PRIMARY KEY (name)
) STRICT;

-- Erased events count, so that it never decreases.
CREATE VIEW dns_log_serial AS
SELECT
    max(
        coalesce((SELECT max(e.position) FROM host_events AS e), 0),
        coalesce((SELECT max(x.position) FROM erased_events AS x), 0)
    ) AS serial;

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

-- The names between a zone and its records: they exist, also if they have no record (empty non-terminals). children
-- counts the rows of dns_names and of this table whose name without its first label is this one.
CREATE TABLE dns_parents (
    name TEXT NOT NULL,
    zone_id INTEGER NOT NULL,
    children INTEGER NOT NULL,

    CONSTRAINT parents_pkey PRIMARY KEY (name)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER dns_names_without_zone BEFORE INSERT ON dns_names
WHEN new.zone_id IS NULL
BEGIN
    SELECT raise(IGNORE);
END;

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

-- The address of each host: its type, its canonical form and the name of its pointer, separated by blanks; NULL for a
-- text that is no address. It is one text, because SQLite evaluates the expression of a column at each use of it. Each
-- LIMIT keeps SQLite from putting an expression into the outer query several times.
-- The patterns let pass four numbers of at most 255 without leading zeros, and json_extract turns them around. Of an
-- IPv6 address the 32 digits are put together from what is before and after the `::`. The longest run of zeros
-- becomes `::` again.
CREATE VIEW dns_addresses AS
SELECT
    h.id,
    h.hostname,
    h.aliases,
    h.priority,
    h.first_position,
    CASE
        WHEN instr(h.ip_address, ':') > 0
            THEN (
                SELECT
                    'AAAA ' || CASE
                        WHEN d.digits GLOB '00000000000000000000ffff*'
                            THEN
                                '::ffff:' || (
                                    SELECT
                                        group_concat(
                                            instr('0123456789abcdef', substr(d.digits, j.value, 1)) * 16
                                            + instr('0123456789abcdef', substr(d.digits, j.value + 1, 1)) - 17, '.'
                                        )
                                    FROM json_each('[25, 27, 29, 31]') AS j
                                )
                        ELSE (
                            SELECT
                                coalesce(
                                    ltrim(substr(g.joined, 1, instr(g.joined, z.zeros) - 1), ':') || '::'
                                    || rtrim(substr(g.joined, instr(g.joined, z.zeros) + length(z.zeros)), ':'),
                                    trim(g.joined, ':')
                                )
                            FROM (
                                SELECT
                                    ':' || group_concat(coalesce(
                                        nullif(ltrim(substr(d.digits, j.value, 4), '0'), ''), '0'
                                    ), ':') || ':' AS joined
                                FROM json_each('[1, 5, 9, 13, 17, 21, 25, 29]') AS j
                            ) AS g
                            LEFT JOIN (
                                SELECT ':' || substr('0:0:0:0:0:0:0:0:', 1, 2 * k.value) AS zeros
                                FROM json_each('[8, 7, 6, 5, 4, 3, 2]') AS k
                            ) AS z ON instr(g.joined, z.zeros) > 0
                            LIMIT 1 -- noqa: AM09
                        )
                    END || ' ' || (
                        SELECT group_concat(substr(d.digits, j.value, 1), '.')
                        FROM json_each(
                            '[32,31,30,29,28,27,26,25,24,23,22,21,20,19,18,17,16,15,14,13,12,11,10,9,8,7,6,5,4,3,2,1]'
                        ) AS j
                    ) || '.ip6.arpa'
                FROM (
                    SELECT
                        iif(
                            iif(
                                p.gap > 0, length(p.front) + length(p.back) < 32, length(p.front) = 32
                            ),
                            p.front
                            || substr(
                                '00000000000000000000000000000000', 1, 32 - length(p.front) - length(p.back)
                            )
                            || p.back,
                            NULL
                        ) AS digits
                    FROM (
                        SELECT
                            c.gap,
                            coalesce((
                                SELECT group_concat(substr('0000' || j.value, -4), '')
                                FROM json_each('["' || replace(c.head, ':', '","') || '"]') AS j
                                WHERE c.head <> ''
                            ), '') AS front,
                            coalesce((
                                SELECT group_concat(substr('0000' || j.value, -4), '')
                                FROM json_each('["' || replace(c.tail, ':', '","') || '"]') AS j
                                WHERE c.tail <> ''
                            ), '') AS back
                        FROM (
                            SELECT
                                instr(t.written, '::') AS gap,
                                substr(t.written, 1, instr(t.written || '::', '::') - 1) AS head,
                                substr(t.written, instr(t.written || '::', '::') + 2) AS tail
                            FROM (
                                SELECT
                                    iif(
                                        instr(h.ip_address, '.') > 0,
                                        (
                                            SELECT
                                                '::ffff:' || printf(
                                                    '%02x%02x:%02x%02x',
                                                    json_extract(v.octets, '$[0]'), json_extract(v.octets, '$[1]'),
                                                    json_extract(v.octets, '$[2]'), json_extract(v.octets, '$[3]')
                                                )
                                            FROM (
                                                SELECT
                                                    '[' || replace(substr(h.ip_address, 8), '.', ',') || ']' AS octets
                                                LIMIT 1 -- noqa: AM09
                                            ) AS v
                                            WHERE
                                                lower(h.ip_address) GLOB '::ffff:[0-9]*' AND json_valid(v.octets)
                                                AND json_array_length(v.octets) = 4
                                                AND NOT EXISTS (
                                                    SELECT 1 FROM json_each(v.octets) AS o
                                                    WHERE o.type <> 'integer' OR o.value NOT BETWEEN 0 AND 255
                                                )
                                        ),
                                        lower(h.ip_address)
                                    ) AS written
                                LIMIT 1 -- noqa: AM09
                            ) AS t
                            WHERE
                                length(t.written) <= 39 AND t.written NOT GLOB '*[^0-9a-f:]*'
                                AND t.written NOT GLOB '*:::*' AND t.written NOT GLOB '*::*::*'
                                AND t.written NOT GLOB '*[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]*'
                                AND (t.written GLOB '::*' OR t.written NOT GLOB ':*')
                                AND (t.written GLOB '*::' OR t.written NOT GLOB '*:')
                            LIMIT 1 -- noqa: AM09
                        ) AS c
                        LIMIT 1 -- noqa: AM09
                    ) AS p
                    LIMIT 1 -- noqa: AM09
                ) AS d
            )
        WHEN
            h.ip_address NOT GLOB '*[^0-9.]*'
            AND h.ip_address GLOB '*.*.*.*' AND h.ip_address NOT GLOB '*.*.*.*.*'
            AND '.' || h.ip_address || '.' NOT GLOB '*..*' AND '.' || h.ip_address NOT GLOB '*.0[0-9]*'
            AND h.ip_address NOT GLOB '*[0-9][0-9][0-9][0-9]*' AND h.ip_address NOT GLOB '*[3-9][0-9][0-9]*'
            AND h.ip_address NOT GLOB '*2[6-9][0-9]*' AND h.ip_address NOT GLOB '*25[6-9]*'
            THEN
                'A ' || h.ip_address || ' ' || replace(trim(
                    json_extract('[' || replace(h.ip_address, '.', ',') || ']', '$[3]', '$[2]', '$[1]', '$[0]'), '[]'
                ), ',', '.') || '.in-addr.arpa'
    END AS address
FROM host_entries AS h;

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

-- An INSERT into this view adds the names of a host: the trigger is a procedure, and its arguments are values. hostname
-- is NULL if DNS cannot carry it.
CREATE VIEW dns_host_names AS
SELECT
    a.id,
    iif(
        length(a.hostname) <= 253 AND a.hostname NOT GLOB '*[^A-Za-z0-9_.-]*'
        AND '.' || a.hostname || '.' NOT GLOB '*.[-.]*' AND a.hostname || '.' NOT GLOB '*-.*'
        AND (
            length(a.hostname) <= 63 OR NOT EXISTS (
                SELECT 1 FROM json_each('["' || replace(a.hostname, '.', '","') || '"]') AS j
                WHERE length(j.value) > 63
            )
        ),
        lower(a.hostname),
        NULL
    ) AS hostname,
    a.aliases,
    a.priority,
    a.first_position,
    a.address
FROM dns_addresses AS a;

-- An INSERT into this view adds a name, if it is in a zone. Most names are directly below a zone, or below a parent
-- that is there already. The others are cut at their dots. VALUES, because SQLite stores the rows of an INSERT with
-- SELECT first, which takes longer.
CREATE VIEW dns_new_names AS
SELECT
    NULL AS name,
    NULL AS type,
    NULL AS priority,
    NULL AS first_position,
    NULL AS content,
    NULL AS host_id;

CREATE TRIGGER dns_new_names_insert INSTEAD OF INSERT ON dns_new_names
BEGIN
    INSERT INTO dns_names (name, type, priority, first_position, content, zone_id, host_id)
    VALUES (
        new.name,
        new.type,
        new.priority,
        new.first_position,
        new.content,
        coalesce(
            (SELECT z.id FROM dns_zones AS z WHERE z.name = new.name),
            (SELECT z.id FROM dns_zones AS z WHERE z.name = substr(new.name, instr(new.name, '.') + 1)),
            (SELECT p.zone_id FROM dns_parents AS p WHERE p.name = substr(new.name, instr(new.name, '.') + 1)),
            iif(
                instr(new.name, '.') > 0,
                (
                    WITH RECURSIVE walk (suffix) AS (
                        SELECT new.name
                        UNION ALL
                        SELECT substr(w.suffix, instr(w.suffix, '.') + 1) FROM walk AS w
                        WHERE instr(w.suffix, '.') > 0
                    )

                    SELECT z.id FROM walk AS w CROSS JOIN dns_zones AS z ON w.suffix = z.name
                    LIMIT 1 -- noqa: AM09
                ),
                NULL
            )
        ),
        new.host_id
    );
END;

CREATE TRIGGER dns_host_names_insert INSTEAD OF INSERT ON dns_host_names
WHEN new.address IS NOT NULL AND new.hostname IS NOT NULL
BEGIN
    INSERT INTO dns_new_names (name, type, priority, first_position, content, host_id)
    VALUES (
        new.hostname,
        substr(new.address, 1, instr(new.address, ' ') - 1),
        new.priority,
        new.first_position,
        substr(
            new.address, instr(new.address, ' ') + 1,
            instr(substr(new.address, instr(new.address, ' ') + 1), ' ') - 1
        ),
        new.id
    );
    INSERT INTO dns_new_names (name, type, priority, first_position, content, host_id)
    VALUES (
        substr(
            new.address,
            instr(new.address, ' ') + 1 + instr(substr(new.address, instr(new.address, ' ') + 1), ' ')
        ),
        'PTR',
        new.priority,
        new.first_position,
        new.hostname,
        new.id
    );
END;

-- Most aliases are names without a dot, which can only be a zone. In JSON a dot may also be written with a backslash.
CREATE TRIGGER dns_host_aliases_insert INSTEAD OF INSERT ON dns_host_names
WHEN
    new.address IS NOT NULL AND new.aliases <> '[]'
    AND (
        new.aliases GLOB '*[.\]*'
        OR EXISTS (SELECT 1 FROM json_each(new.aliases) AS j CROSS JOIN dns_zones AS z ON z.name = lower(j.value))
    )
BEGIN
    INSERT INTO dns_new_names (name, type, priority, first_position, content, host_id)
    SELECT
        a.name,
        substr(new.address, 1, instr(new.address, ' ') - 1),
        new.priority,
        new.first_position,
        substr(
            new.address, instr(new.address, ' ') + 1,
            instr(substr(new.address, instr(new.address, ' ') + 1), ' ') - 1
        ),
        new.id
    FROM (
        SELECT lower(j.value) AS name FROM json_each(new.aliases) AS j
        EXCEPT
        SELECT new.hostname
    ) AS a
    WHERE
        length(a.name) <= 253 AND a.name NOT GLOB '*[^a-z0-9_.-]*'
        AND '.' || a.name || '.' NOT GLOB '*.[-.]*' AND a.name || '.' NOT GLOB '*-.*'
        AND (
            length(a.name) <= 63 OR NOT EXISTS (
                SELECT 1 FROM json_each('["' || replace(a.name, '.', '","') || '"]') AS j
                WHERE length(j.value) > 63
            )
        );
END;

-- Most new hosts have an IPv4 address. For them the expressions of dns_addresses and dns_host_names are repeated here,
-- because an import that reads the host again takes 3 % longer. A test compares them.
CREATE TRIGGER dns_entry_inserted AFTER INSERT ON host_entries
WHEN EXISTS (SELECT 1 FROM dns_zones)
BEGIN
    INSERT INTO dns_host_names (id, hostname, aliases, priority, first_position, address)
    VALUES (
        new.id,
        iif(
            length(new.hostname) <= 253 AND new.hostname NOT GLOB '*[^A-Za-z0-9_.-]*'
            AND '.' || new.hostname || '.' NOT GLOB '*.[-.]*' AND new.hostname || '.' NOT GLOB '*-.*'
            AND (
                length(new.hostname) <= 63 OR NOT EXISTS (
                    SELECT 1 FROM json_each('["' || replace(new.hostname, '.', '","') || '"]') AS j
                    WHERE length(j.value) > 63
                )
            ),
            lower(new.hostname),
            NULL
        ),
        new.aliases,
        new.priority,
        new.first_position,
        CASE
            WHEN instr(new.ip_address, ':') > 0 THEN (SELECT a.address FROM dns_addresses AS a WHERE a.id = new.id)
            WHEN
                new.ip_address NOT GLOB '*[^0-9.]*'
                AND new.ip_address GLOB '*.*.*.*' AND new.ip_address NOT GLOB '*.*.*.*.*'
                AND '.' || new.ip_address || '.' NOT GLOB '*..*' AND '.' || new.ip_address NOT GLOB '*.0[0-9]*'
                AND new.ip_address NOT GLOB '*[0-9][0-9][0-9][0-9]*' AND new.ip_address NOT GLOB '*[3-9][0-9][0-9]*'
                AND new.ip_address NOT GLOB '*2[6-9][0-9]*' AND new.ip_address NOT GLOB '*25[6-9]*'
                THEN
                    'A ' || new.ip_address || ' ' || replace(trim(
                        json_extract(
                            '[' || replace(new.ip_address, '.', ',') || ']', '$[3]', '$[2]', '$[1]', '$[0]'
                        ), '[]'
                    ), ',', '.') || '.in-addr.arpa'
        END
    );
END;

-- Before the change, because the view reads the host. The third name is what is behind the last blank of the address.
CREATE TRIGGER dns_entry_update BEFORE UPDATE ON host_entries
WHEN
    (new.ip_address, new.hostname, new.aliases, new.priority)
    <> (old.ip_address, old.hostname, old.aliases, old.priority)
BEGIN
    DELETE FROM dns_names
    WHERE
        first_position = old.first_position
        AND name IN (
            SELECT lower(old.hostname)
            UNION ALL
            SELECT lower(j.value) FROM json_each(old.aliases) AS j
            UNION ALL
            SELECT replace(a.address, rtrim(a.address, 'abcdefinprs.0123456789-'), '') FROM dns_addresses AS a
            WHERE a.id = old.id
        );
END;

CREATE TRIGGER dns_entry_updated AFTER UPDATE ON host_entries
WHEN
    (new.ip_address, new.hostname, new.aliases, new.priority)
    <> (old.ip_address, old.hostname, old.aliases, old.priority)
    AND EXISTS (SELECT 1 FROM dns_zones)
BEGIN
    INSERT INTO dns_host_names (id, hostname, aliases, priority, first_position, address)
    SELECT id, hostname, aliases, priority, first_position, address FROM dns_host_names WHERE id = new.id;
END;

CREATE TRIGGER dns_entry_deleted BEFORE DELETE ON host_entries
BEGIN
    DELETE FROM dns_names
    WHERE
        first_position = old.first_position
        AND name IN (
            SELECT lower(old.hostname)
            UNION ALL
            SELECT lower(j.value) FROM json_each(old.aliases) AS j
            UNION ALL
            SELECT replace(a.address, rtrim(a.address, 'abcdefinprs.0123456789-'), '') FROM dns_addresses AS a
            WHERE a.id = old.id
        );
END;

-- A new zone takes names from the zones above it, and a removed zone gives them back.
CREATE TRIGGER dns_zones_inserted AFTER INSERT ON dns_zones
BEGIN
    UPDATE dns_zone_changes SET changes = changes + 1
    WHERE name = new.name OR substr(new.name, -length(name) - 1) = '.' || name;
    INSERT INTO dns_zone_changes (name, changes)
    SELECT
        new.name,
        0
    WHERE NOT EXISTS (SELECT 1 FROM dns_zone_changes AS c WHERE c.name = new.name);
    -- The zone begins one above the serial that secondaries have, unless it is above it already (RFC 1982).
    UPDATE dns_zone_changes
    SET
        changes = changes + (
            (new.after_serial + 1 - changes - (SELECT l.serial FROM dns_log_serial AS l)) & 4294967295
        )
    WHERE
        name = new.name
        AND (
            (new.after_serial + 1 - changes - (SELECT l.serial FROM dns_log_serial AS l)) & 4294967295
        ) <= 2147483648;
    DELETE FROM dns_names;
    INSERT INTO dns_names (name, type, priority, first_position, content, zone_id, host_id)
    SELECT name, type, priority, first_position, content, zone_id, host_id FROM dns_names_current;
END;

CREATE TRIGGER dns_zones_deleted AFTER DELETE ON dns_zones
BEGIN
    UPDATE dns_zone_changes SET changes = changes + 1
    WHERE name = old.name OR substr(old.name, -length(name) - 1) = '.' || name;
    DELETE FROM dns_names;
    INSERT INTO dns_names (name, type, priority, first_position, content, zone_id, host_id)
    SELECT name, type, priority, first_position, content, zone_id, host_id FROM dns_names_current;
END;

-- What PowerDNS writes into its own columns changes no record. A zone is renamed by removing it and adding another one.
CREATE TRIGGER dns_zones_updated AFTER UPDATE OF ns, mail, ttl ON dns_zones
BEGIN
    UPDATE dns_zone_changes SET changes = changes + 1 WHERE name = new.name;
END;

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
