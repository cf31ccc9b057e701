-- depends: 1001_dns_zones
-- What: the form in which addresses and names are served, an index of the pointers, and the PTR records.
-- Why: host_entries has addresses as they were written; PowerDNS asks for the name of a pointer.
-- DBA: waits for open writers, then the index reads all hosts.

-- A writer locks host_events first. It waits here, not in the middle of its transaction.
LOCK TABLE host_events IN SHARE MODE;

CREATE FUNCTION dns.is_name(name text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN name ~ '^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$'
AND (length(name) <= 63 OR (length(name) <= 253 AND name !~ '[^.]{64}'));
COMMENT ON FUNCTION dns.is_name(text) IS 'Whether DNS can carry this name in lower case.';

-- An exception handler takes longer than the rest, so an IPv4 address does not run into it.
CREATE FUNCTION dns.canonical_address(ip_address text) RETURNS text
LANGUAGE plpgsql IMMUTABLE
AS $$
BEGIN
    IF ip_address ~ '^(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$' THEN
        RETURN ip_address;
    ELSIF ip_address ~ '^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$' THEN
        BEGIN
            RETURN host(ip_address::inet);
        EXCEPTION
            WHEN data_exception THEN
                RETURN NULL;
        END;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dns.canonical_address(text) IS 'The form of an address that is served; NULL: it is no address.';

CREATE FUNCTION dns.pointer_6(ip_address text) RETURNS text
LANGUAGE plpgsql IMMUTABLE
AS $$
BEGIN
    -- The last 16 bytes of what the server sends for an address are the address.
    RETURN regexp_replace(
        reverse(encode(substr(inet_send(dns.canonical_address(ip_address)::inet), 5), 'hex')), '(.)', '\1.', 'g'
    ) || 'ip6.arpa';
END
$$;
COMMENT ON FUNCTION dns.pointer_6(text) IS 'The name of the pointer of an IPv6 address; NULL: it is no address.';

-- A text that is no address may have a pointer here, which no view shows. A check would cost every new host.
-- In PL/pgSQL these functions are one node of a plan. In SQL they would be a dozen, at each place of the view records.
CREATE FUNCTION dns.pointer(ip_address text) RETURNS text
LANGUAGE plpgsql IMMUTABLE
AS $$
BEGIN
    IF strpos(ip_address, ':') > 0 THEN
        RETURN dns.pointer_6(ip_address);
    END IF;
    RETURN split_part(ip_address, '.', 4) || '.' || split_part(ip_address, '.', 3) || '.'
        || split_part(ip_address, '.', 2) || '.' || split_part(ip_address, '.', 1) || '.in-addr.arpa';
END
$$;
COMMENT ON FUNCTION dns.pointer(text) IS 'The name of the pointer of an address.';

CREATE FUNCTION dns.has_pointer(ip_address text, hostname text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE
AS $$
BEGIN
    RETURN dns.is_name(lower(hostname)) AND dns.canonical_address(ip_address) IS NOT NULL;
END
$$;
COMMENT ON FUNCTION dns.has_pointer(text, text) IS 'Whether DNS can carry the address and the hostname of a host.';

CREATE FUNCTION dns.is_stored_as_served(ip_address text, hostname text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE
AS $$
BEGIN
    RETURN dns.is_name(hostname) AND dns.canonical_address(ip_address) = ip_address;
END
$$;
COMMENT ON FUNCTION dns.is_stored_as_served(text, text)
IS 'Whether the address and the hostname of a host are a record as they are.';

-- A constant would be compared when a query is planned. Then a plan for one type would look cheaper than the plan for
-- all types, and PostgreSQL would plan each query of PowerDNS again, which takes 1.5 ms.
CREATE FUNCTION dns.pointer_type() RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
BEGIN
    RETURN 'PTR';
END
$$;
COMMENT ON FUNCTION dns.pointer_type() IS 'PTR, the type of the records of pointers.';

CREATE INDEX host_entries_pointer ON host_entries (dns.pointer(ip_address), priority, first_position);

-- Of the pointers of an address the one of its first host. A text that is no address may have the pointer of one.
CREATE VIEW dns.host_pointers AS
SELECT
    dns.pointer(h.ip_address) AS name,
    lower(h.hostname) AS content,
    z.id AS zone_id,
    z.ttl
FROM host_entries AS h
INNER JOIN dns.zones AS z ON right('.' || dns.pointer(h.ip_address), length(z.name) + 1) = '.' || z.name
WHERE
    dns.has_pointer(h.ip_address, h.hostname)
    AND (NOT z.has_subzones OR NOT dns.has_longer_zone(dns.pointer(h.ip_address), z.name))
    AND NOT EXISTS (
        SELECT FROM host_entries AS other
        WHERE
            dns.pointer(other.ip_address) = dns.pointer(h.ip_address)
            AND (other.priority, other.first_position) < (h.priority, h.first_position)
            AND dns.has_pointer(other.ip_address, other.hostname)
    );
COMMENT ON VIEW dns.host_pointers IS 'The PTR records.';
COMMENT ON COLUMN dns.host_pointers.name IS 'The name, without the root dot.';
COMMENT ON COLUMN dns.host_pointers.content IS 'The hostname in lower case.';
COMMENT ON COLUMN dns.host_pointers.zone_id IS 'The zone.';
COMMENT ON COLUMN dns.host_pointers.ttl IS 'How long a resolver may keep it, in seconds.';
