-- depends: 1002_dns_addresses
-- What: dns.names, the names that no index of host_entries finds, their definition, and the A and AAAA records.
-- Why: the aliases of a host are JSON text, and a view over it would read all hosts.
-- DBA: an empty table and views.

-- The A and AAAA records of hostnames, and the pointers, are read from host_entries by its indexes. These rows are what
-- the indexes do not find: aliases, hostnames and addresses that are not stored in the form that is served, and the
-- names that only have names below them (ENT: empty non-terminal). Names that are in no zone have no row. Each host has
-- rows of its own, although several may make the same record: a shared row would make writers wait for each other. The
-- view that PowerDNS reads shows one of them.
CREATE TABLE dns.names (
    name text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL,
    priority integer NOT NULL,
    first_position bigint NOT NULL,
    content text COLLATE "C",
    zone_id integer NOT NULL,
    host_id text COLLATE "C" NOT NULL,

    CONSTRAINT names_pkey PRIMARY KEY (name, type, priority, first_position)
);
COMMENT ON TABLE dns.names IS 'Names of the live hosts. Only the triggers of host_entries write it.';
COMMENT ON COLUMN dns.names.name IS 'The name in lower case, without the root dot.';
COMMENT ON COLUMN dns.names.type IS 'A, AAAA, or ENT.';
COMMENT ON COLUMN dns.names.priority IS 'The priority of the host.';
COMMENT ON COLUMN dns.names.first_position IS 'The host''s first_position.';
COMMENT ON COLUMN dns.names.content IS 'The address.';
COMMENT ON COLUMN dns.names.zone_id IS 'The zone.';
COMMENT ON COLUMN dns.names.host_id IS 'The host.';

-- zones maps the name of each zone to its id. A name is cut at its dots until a zone has the rest. The first of the
-- names is the pointer of an IPv6 address. A setting (search_path) and a query for a few aliases would double the time.
CREATE FUNCTION dns.host_records(ip_address text, hostname text, aliases text, zones jsonb)
RETURNS TABLE (name text, type text, content text, zone_id integer)
LANGUAGE plpgsql IMMUTABLE ROWS 2
AS $$
DECLARE
    host_name text := lower(hostname COLLATE "C");
    address text := dns.canonical_address(ip_address);
    kind text := CASE WHEN strpos(address, ':') > 0 THEN 'AAAA' ELSE 'A' END;
    names text[] := ARRAY[CASE kind WHEN 'AAAA' THEN dns.pointer_6(address) END, host_name];
    listed jsonb;
    parents text[] := '{}';
    checked text;
    zone text;
BEGIN
    IF address IS NULL THEN
        RETURN;
    END IF;
    listed := aliases::jsonb;
    IF jsonb_array_length(listed) > 10 THEN
        names := names || ARRAY(
            SELECT lower(a COLLATE "C") FROM jsonb_array_elements_text(listed) AS a EXCEPT SELECT host_name
        );
    ELSE
        FOR place IN 0..jsonb_array_length(listed) - 1 LOOP
            checked := lower((listed ->> place) COLLATE "C");
            IF checked <> ALL (names[2:]) THEN
                names := names || checked;
            END IF;
        END LOOP;
    END IF;
    FOR place IN 1..cardinality(names) LOOP
        name := names[place];
        CONTINUE WHEN name IS NULL OR NOT dns.is_name(names[greatest(place, 2)]);
        zone := name;
        zone_id := zones -> zone;
        WHILE zone_id IS NULL AND strpos(zone, '.') > 0 LOOP
            zone := substr(zone, strpos(zone, '.') + 1);
            zone_id := zones -> zone;
        END LOOP;
        CONTINUE WHEN zone_id IS NULL;
        IF place > 2 OR (place = 2 AND (hostname <> host_name OR ip_address <> address)) THEN
            type := kind;
            content := address;
            RETURN NEXT;
        END IF;
        type := 'ENT';
        content := NULL;
        LOOP
            name := substr(name, strpos(name, '.') + 1);
            EXIT WHEN length(name) <= length(zone) OR name = ANY(parents);
            parents := parents || name;
            RETURN NEXT;
        END LOOP;
    END LOOP;
END
$$;
COMMENT ON FUNCTION dns.host_records(text, text, text, jsonb) IS 'The rows of names that a host has in these zones.';

CREATE VIEW dns.names_current AS
SELECT
    r.name COLLATE "C" AS name,
    r.type COLLATE "C" AS type,
    h.priority,
    h.first_position,
    r.content COLLATE "C" AS content,
    r.zone_id,
    h.id AS host_id
FROM host_entries AS h
CROSS JOIN
    LATERAL dns.host_records(
        h.ip_address, h.hostname, h.aliases, (SELECT jsonb_object_agg(z.name, z.id) FROM dns.zones AS z)
    ) AS r;
COMMENT ON VIEW dns.names_current IS 'The definition of names, computed from all live hosts.';
COMMENT ON COLUMN dns.names_current.name IS 'The name in lower case, without the root dot.';
COMMENT ON COLUMN dns.names_current.type IS 'A, AAAA, or ENT.';
COMMENT ON COLUMN dns.names_current.priority IS 'The priority of the host.';
COMMENT ON COLUMN dns.names_current.first_position IS 'The host''s first_position.';
COMMENT ON COLUMN dns.names_current.content IS 'The address.';
COMMENT ON COLUMN dns.names_current.zone_id IS 'The zone.';
COMMENT ON COLUMN dns.names_current.host_id IS 'The host.';

-- The A and AAAA records of hosts, each as often as hosts make it. The index of host_entries finds the hostnames that
-- are stored in the form that is served. The others, and the aliases, are in names.
CREATE VIEW dns.host_addresses AS
SELECT
    h.hostname AS name,
    CASE WHEN strpos(h.ip_address, ':') > 0 THEN 'AAAA' ELSE 'A' END COLLATE "C" AS type,
    h.ip_address AS content,
    z.id AS zone_id,
    z.ttl,
    -1::bigint AS first_position,
    h.id AS host_id
FROM host_entries AS h
INNER JOIN dns.zones AS z ON right('.' || h.hostname, length(z.name) + 1) = '.' || z.name
WHERE
    dns.is_stored_as_served(h.ip_address, h.hostname)
    AND (NOT z.has_subzones OR NOT dns.has_longer_zone(h.hostname, z.name))

UNION ALL

SELECT
    n.name,
    n.type,
    n.content,
    n.zone_id,
    z.ttl,
    n.first_position,
    n.host_id
FROM dns.names AS n
INNER JOIN dns.zones AS z ON n.zone_id = z.id
WHERE n.type <> 'ENT';
COMMENT ON VIEW dns.host_addresses IS 'The A and AAAA records of hosts. Several hosts may make the same one.';
COMMENT ON COLUMN dns.host_addresses.name IS 'The name in lower case, without the root dot.';
COMMENT ON COLUMN dns.host_addresses.type IS 'A or AAAA.';
COMMENT ON COLUMN dns.host_addresses.content IS 'The address.';
COMMENT ON COLUMN dns.host_addresses.zone_id IS 'The zone.';
COMMENT ON COLUMN dns.host_addresses.ttl IS 'How long a resolver may keep it, in seconds.';
COMMENT ON COLUMN dns.host_addresses.first_position
IS 'The host''s first_position; -1: it has no row in names for this record.';
COMMENT ON COLUMN dns.host_addresses.host_id IS 'The host.';
