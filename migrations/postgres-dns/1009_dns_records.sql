-- depends: 1008_dns_domains
-- What: the view of all records as PowerDNS's default queries read it, and the changes of an open transaction.
-- Why: the backend gpgsql then works with its settings for the connection alone.
-- DBA: set search_path to dns for PowerDNS's role, or in gpgsql-extra-connection-parameters.

-- The changes of records in the open transaction, which becomes events when it commits. Empty in every other one.
CREATE TABLE dns.pending (
    name text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL,
    content text COLLATE "C" NOT NULL,
    zone_id integer NOT NULL,
    is_wanted boolean NOT NULL,

    CONSTRAINT pending_pkey PRIMARY KEY (name, type, content)
);
COMMENT ON TABLE dns.pending IS 'The records that the open transaction has written or deleted.';
COMMENT ON COLUMN dns.pending.name IS 'The name of the record.';
COMMENT ON COLUMN dns.pending.type IS 'A or AAAA.';
COMMENT ON COLUMN dns.pending.content IS 'The address.';
COMMENT ON COLUMN dns.pending.zone_id IS 'The zone.';
COMMENT ON COLUMN dns.pending.is_wanted IS 'Whether the record shall exist.';

-- The mail address becomes a name: dots in its first part are escaped. The times are those of an exported zone file. Of
-- the rows with the same record one is shown: that without a row in names, else that of the oldest host. Without the
-- cast the first type is of no type yet: then PostgreSQL would not look for a type before it has read all records.
CREATE VIEW dns.records AS
SELECT
    NULL::bigint AS id,
    z.id AS domain_id,
    z.name,
    'SOA'::text COLLATE "C" AS type,
    concat_ws(
        ' ',
        split_part(z.ns, ' ', 1),
        replace(split_part(z.mail, '@', 1), '.', '\.') || '.' || split_part(z.mail, '@', 2),
        (
            dns.log_serial() + coalesce((SELECT c.changes FROM dns.zone_changes AS c WHERE c.name = z.name), 0)
        ) & 4294967295,
        '7200 900 1209600 300'
    ) COLLATE "C" AS content,
    z.ttl,
    NULL::integer AS prio,
    FALSE AS disabled,
    NULL::text COLLATE "C" AS ordername,
    TRUE AS auth
FROM dns.zones AS z

UNION ALL

SELECT
    NULL,
    z.id,
    z.name,
    'NS',
    n.ns,
    z.ttl,
    NULL,
    FALSE,
    NULL,
    TRUE
FROM dns.zones AS z
CROSS JOIN LATERAL string_to_table(z.ns, ' ') AS n (ns)

UNION ALL

SELECT
    NULL,
    a.zone_id,
    a.name,
    a.type,
    a.content,
    a.ttl,
    NULL,
    FALSE,
    NULL,
    TRUE
FROM dns.host_addresses AS a
WHERE
    NOT EXISTS (
        SELECT FROM dns.names AS n
        WHERE n.name = a.name AND n.type = a.type AND n.content = a.content AND n.first_position < a.first_position
    )
    AND NOT EXISTS (
        SELECT FROM host_entries AS h
        WHERE a.first_position <> -1 AND h.hostname = a.name AND h.ip_address = a.content
    )
    AND NOT EXISTS (
        SELECT FROM dns.pending AS p
        WHERE p.name = a.name AND p.type = a.type AND p.content = a.content
    )

UNION ALL

SELECT
    NULL,
    p.zone_id,
    p.name,
    dns.pointer_type(),
    p.content,
    p.ttl,
    NULL,
    FALSE,
    NULL,
    TRUE
FROM dns.host_pointers AS p

UNION ALL

SELECT
    NULL,
    e.zone_id,
    e.name,
    NULL,
    NULL,
    z.ttl,
    NULL,
    FALSE,
    NULL,
    TRUE
FROM dns.names_above AS e
INNER JOIN dns.zones AS z ON e.zone_id = z.id
WHERE
    NOT EXISTS (SELECT FROM dns.names AS n WHERE n.name = e.name AND n.type <> 'ENT')
    AND NOT EXISTS (
        SELECT FROM host_entries AS h
        WHERE h.hostname = e.name AND dns.has_pointer(h.ip_address, h.hostname)
    )
    AND NOT EXISTS (
        SELECT FROM host_entries AS h
        WHERE dns.pointer(h.ip_address) = e.name AND dns.has_pointer(h.ip_address, h.hostname)
    )

UNION ALL

SELECT
    NULL,
    p.zone_id,
    p.name,
    p.type,
    p.content,
    z.ttl,
    NULL,
    FALSE,
    NULL,
    TRUE
FROM dns.pending AS p
INNER JOIN dns.zones AS z ON p.zone_id = z.id
WHERE p.is_wanted;
COMMENT ON VIEW dns.records IS 'The records as PowerDNS reads them.';
COMMENT ON COLUMN dns.records.id IS 'Always NULL: PowerDNS does not read it.';
COMMENT ON COLUMN dns.records.domain_id IS 'The zone.';
COMMENT ON COLUMN dns.records.name IS 'The name in lower case, without the root dot.';
COMMENT ON COLUMN dns.records.type IS 'The type; NULL for a name that only has names below it.';
COMMENT ON COLUMN dns.records.content IS 'The content in the form of a zone file.';
COMMENT ON COLUMN dns.records.ttl IS 'How long a resolver may keep it, in seconds.';
COMMENT ON COLUMN dns.records.prio IS 'Always NULL.';
COMMENT ON COLUMN dns.records.disabled IS 'Always false.';
COMMENT ON COLUMN dns.records.ordername IS 'Always NULL.';
COMMENT ON COLUMN dns.records.auth IS 'Always true.';
