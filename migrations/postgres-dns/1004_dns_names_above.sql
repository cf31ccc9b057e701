-- depends: 1003_dns_names
-- What: the names between a zone and its records, and dns.networks, those above the pointers of IPv4 addresses.
-- Why: such a name exists also if it has no record. PowerDNS must not answer that it does not exist (RFC 8020).
-- DBA: an empty table and views.

-- The networks above the pointers of IPv4 addresses: nearly every host has one, and many hosts have the same. A row is
-- never removed when a host is deleted, so no writer waits for another one. The view shows a network as long as it has
-- a host. Writers that add the first host at the same time each add a row.
CREATE TABLE dns.networks (
    name text COLLATE "C" NOT NULL,
    first_position bigint NOT NULL,
    prefix text COLLATE "C" NOT NULL,

    CONSTRAINT networks_pkey PRIMARY KEY (name, first_position),
    CONSTRAINT networks_name CHECK (name = ltrim(dns.pointer(prefix), '.'))
);
COMMENT ON TABLE dns.networks IS 'Networks that have, or had, a host. Only the triggers of host_entries write it.';
COMMENT ON COLUMN dns.networks.name IS 'The name between a zone and a pointer: 1.168.192.in-addr.arpa.';
COMMENT ON COLUMN dns.networks.first_position IS 'first_position of a host that it had.';
COMMENT ON COLUMN dns.networks.prefix IS 'How its addresses begin: 192.168.1.';

-- The names end in front of the zone, because a zone has a record.
CREATE FUNCTION dns.networks_above(prefix text, zones jsonb) RETURNS TABLE (name text, above text)
LANGUAGE plpgsql IMMUTABLE ROWS 2
AS $$
DECLARE
    zone text;
BEGIN
    IF prefix !~ '^(\d+\.){3}$' THEN
        RETURN;
    END IF;
    above := prefix;
    name := ltrim(dns.pointer(prefix), '.');
    zone := name;
    WHILE NOT zones ? zone LOOP
        IF strpos(zone, '.') = 0 THEN
            RETURN;
        END IF;
        zone := substr(zone, strpos(zone, '.') + 1);
    END LOOP;
    WHILE length(name) > length(zone) LOOP
        RETURN NEXT;
        name := substr(name, strpos(name, '.') + 1);
        above := rtrim(rtrim(above, '.'), '0123456789');
    END LOOP;
END
$$;
COMMENT ON FUNCTION dns.networks_above(text, jsonb)
IS 'The names above the pointers of the addresses that begin with 10.0.0., and how their addresses begin.';

CREATE VIEW dns.networks_current AS
SELECT
    a.name COLLATE "C" AS name,
    min(p.first_position) AS first_position,
    a.above COLLATE "C" AS prefix
FROM (
    SELECT
        rtrim(h.ip_address, '0123456789') AS prefix,
        min(h.first_position) AS first_position
    FROM host_entries AS h
    WHERE dns.canonical_address(h.ip_address) = h.ip_address AND strpos(h.ip_address, ':') = 0
    GROUP BY rtrim(h.ip_address, '0123456789')
) AS p
CROSS JOIN
    LATERAL dns.networks_above(p.prefix, (SELECT jsonb_object_agg(z.name, z.id) FROM dns.zones AS z)) AS a
GROUP BY a.name, a.above;
COMMENT ON VIEW dns.networks_current IS 'The networks of the live hosts: each has at least one row in networks.';
COMMENT ON COLUMN dns.networks_current.name IS 'Its name.';
COMMENT ON COLUMN dns.networks_current.first_position IS 'first_position of its first host.';
COMMENT ON COLUMN dns.networks_current.prefix IS 'How its addresses begin.';

-- '/' follows '.' in the order of the index. A name exists for the pointers of its own zone only. OFFSET: the planner
-- then expects one row and not a ninth of all hosts. The expected cost would grow with the hosts, until PostgreSQL
-- compiles each query before it runs it (JIT).
CREATE VIEW dns.names_above AS
SELECT
    n.name,
    n.zone_id
FROM dns.names AS n
WHERE
    n.type = 'ENT'
    AND NOT EXISTS (
        SELECT FROM dns.names AS other
        WHERE other.name = n.name AND other.type = 'ENT' AND other.first_position < n.first_position
    )

UNION ALL

SELECT
    k.name,
    z.id
FROM dns.networks AS k
INNER JOIN dns.zones AS z ON right(k.name, length(z.name) + 1) = '.' || z.name
WHERE
    (NOT z.has_subzones OR NOT dns.has_longer_zone(k.name, z.name))
    AND EXISTS (
        SELECT FROM host_entries AS h
        WHERE
            h.ip_address >= k.prefix AND h.ip_address < left(k.prefix, -1) || '/'
            AND dns.has_pointer(h.ip_address, h.hostname)
            AND (NOT z.has_subzones OR NOT dns.has_longer_zone(dns.pointer(h.ip_address), z.name))
        OFFSET 0 -- noqa: AM09
    )
    AND NOT EXISTS (
        SELECT FROM dns.networks AS other
        WHERE other.name = k.name AND other.first_position < k.first_position
    )
    AND NOT EXISTS (SELECT FROM dns.names AS n WHERE n.name = k.name AND n.type = 'ENT');
COMMENT ON VIEW dns.names_above IS 'The names between a zone and its records.';
COMMENT ON COLUMN dns.names_above.name IS 'The name in lower case, without the root dot.';
COMMENT ON COLUMN dns.names_above.zone_id IS 'The zone.';
