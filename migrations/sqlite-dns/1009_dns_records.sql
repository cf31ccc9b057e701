-- depends: 1008_dns_domains
-- What: the view of all records as PowerDNS's default queries read it.
-- Why: the backend gsqlite3 then works with the name of the file as its only setting.
-- DBA: its name has no prefix, so no other application can have a table named records here.

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
