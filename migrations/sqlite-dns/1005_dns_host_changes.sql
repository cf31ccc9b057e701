-- depends: 1004_dns_names_above
-- What: triggers of host_entries that keep the names, in the transaction of the event.
-- Why: an answer of the name server never differs from the hosts.
-- DBA: four triggers, and two views whose triggers they use.

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
