-- depends: 1010_dns_new_events
-- What: triggers that turn what PowerDNS writes into events: its HTTP API, DNS UPDATE, pdnsutil.
-- Why: the log stays the only truth, with its rules, its history and its readers.
-- DBA: each statement of PowerDNS makes its events at once: SQLite has no trigger at the end of a transaction.

-- The record may belong to a host, to an alias of another one, or to both. The deletion of a host takes the records of
-- its aliases along.
CREATE TRIGGER records_delete INSTEAD OF DELETE ON records
WHEN old.type IN ('A', 'AAAA')
BEGIN
    INSERT INTO dns_new_events (
        aggregate_id, event_type, ip_address, hostname, metadata, expected_version, random
    )
    SELECT
        h.id,
        'HostDeleted',
        h.ip_address,
        h.hostname,
        '{}',
        h.event_version,
        r.random
    FROM dns_names AS n
    INNER JOIN host_entries AS h ON n.host_id = h.id AND n.name = lower(h.hostname)
    CROSS JOIN dns_random AS r
    WHERE n.name = old.name AND n.type = old.type AND n.content = old.content;

    INSERT INTO dns_new_events (aggregate_id, event_type, aliases, metadata, expected_version, random)
    SELECT
        h.id,
        'AliasesModified',
        (SELECT json_group_array(j.value) FROM json_each(h.aliases) AS j WHERE lower(j.value) <> old.name),
        json_object('old_aliases', json(h.aliases)),
        h.event_version,
        r.random
    FROM dns_names AS n
    INNER JOIN host_entries AS h ON n.host_id = h.id
    CROSS JOIN dns_random AS r
    WHERE n.name = old.name AND n.type = old.type AND n.content = old.content;
END;

-- PowerDNS replaces the records of a name by deleting all of them and adding the new ones. So a host that it deleted a
-- moment ago leaves its comment, tags, aliases and priority to the new one. An address or name that makes no record of
-- the zone is refused.
CREATE TRIGGER records_insert INSTEAD OF INSERT ON records
WHEN new.type IN ('A', 'AAAA')
BEGIN
    INSERT INTO dns_new_events (
        event_type, ip_address, hostname, comment, tags, aliases, priority, metadata, random
    )
    SELECT
        'HostCreated',
        new.content,
        lower(new.name),
        (
            SELECT e.comment FROM host_events AS e
            WHERE e.aggregate_id = d.id AND e.comment IS NOT NULL ORDER BY e.event_version DESC LIMIT 1
        ),
        (
            SELECT e.tags FROM host_events AS e
            WHERE e.aggregate_id = d.id AND e.tags IS NOT NULL ORDER BY e.event_version DESC LIMIT 1
        ),
        (
            SELECT e.aliases FROM host_events AS e
            WHERE e.aggregate_id = d.id AND e.aliases IS NOT NULL ORDER BY e.event_version DESC LIMIT 1
        ),
        (
            SELECT e.priority FROM host_events AS e
            WHERE e.aggregate_id = d.id AND e.priority IS NOT NULL ORDER BY e.event_version DESC LIMIT 1
        ),
        '{}',
        d.random
    FROM (
        SELECT
            r.random,
            (
                SELECT e.aggregate_id FROM host_events AS e
                WHERE
                    e.event_type = 'HostDeleted' AND e.created_by = 'powerdns' AND lower(e.hostname) = lower(new.name)
                    AND e.created_at >= strftime('%Y-%m-%d %H:%M:%f', 'now', '-2 seconds')
                    AND NOT EXISTS (
                        SELECT 1 FROM host_entries AS h WHERE lower(h.hostname) = lower(new.name)
                    )
                ORDER BY e.position DESC LIMIT 1
            ) AS id
        FROM dns_random AS r
    ) AS d
    WHERE
        NOT EXISTS (
            SELECT 1 FROM dns_names AS n
            WHERE n.name = lower(new.name) AND n.type = new.type AND n.content = new.content
        );

    SELECT raise(ABORT, 'records_insert: this record is disabled, or its name is not in the zone')
    WHERE
        new.disabled
        OR NOT EXISTS (
            SELECT 1 FROM dns_names AS n
            WHERE n.name = lower(new.name) AND n.type = new.type AND n.zone_id = new.domain_id
        );
END;

CREATE TRIGGER records_refuse INSTEAD OF INSERT ON records
WHEN new.type NOT IN ('A', 'AAAA', 'PTR', 'SOA', 'NS')
BEGIN
    SELECT raise(ABORT, 'records_refuse: hostsdb has no records of this type, only A and AAAA');
END;

-- The columns that PowerDNS sets for DNSSEC have no effect.
CREATE TRIGGER records_update INSTEAD OF UPDATE ON records
WHEN (new.name, new.type, new.content) IS NOT (old.name, old.type, old.content)
BEGIN
    DELETE FROM records
    WHERE domain_id = old.domain_id AND name = old.name AND type = old.type AND content = old.content;
    INSERT INTO records (domain_id, name, type, content, ttl, prio, disabled, ordername, auth)
    VALUES (
        new.domain_id, new.name, new.type, new.content, new.ttl, new.prio, new.disabled, new.ordername, new.auth
    );
END;
