-- depends: 1009_dns_records
-- What: how an event of PowerDNS is appended, with a version of its own.
-- Why: the database makes these events, and a client makes all others.
-- DBA: two views, no data.

-- An INSERT into this view appends an event of PowerDNS. random is a ULID of the current time. If it is not above the
-- predecessor, the version is the predecessor plus one: its last digit that is not Z grows, those after it become 0.
CREATE VIEW dns_new_events AS
SELECT
    NULL AS aggregate_id,
    NULL AS event_type,
    NULL AS ip_address,
    NULL AS hostname,
    NULL AS comment,
    NULL AS tags,
    NULL AS aliases,
    NULL AS priority,
    NULL AS metadata,
    NULL AS expected_version,
    NULL AS random;

CREATE TRIGGER dns_new_events_insert INSTEAD OF INSERT ON dns_new_events
BEGIN
    INSERT INTO host_events (
        event_id, aggregate_id, event_type, event_version, ip_address, hostname, comment, tags, aliases, priority,
        metadata, created_by, expected_version
    )
    SELECT
        v.version,
        coalesce(new.aggregate_id, v.version),
        new.event_type,
        v.version,
        new.ip_address,
        new.hostname,
        new.comment,
        new.tags,
        new.aliases,
        new.priority,
        new.metadata,
        'powerdns',
        new.expected_version
    FROM (
        SELECT
            iif(
                new.random > coalesce(new.expected_version, ''),
                new.random,
                substr(
                    rtrim(new.expected_version, 'Z'), 1, length(rtrim(new.expected_version, 'Z')) - 1
                )
                || substr(
                    '0123456789ABCDEFGHJKMNPQRSTVWXYZ',
                    instr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', substr(rtrim(new.expected_version, 'Z'), -1)) + 1,
                    1
                )
                || substr('00000000000000000000000000', 1, 26 - length(rtrim(new.expected_version, 'Z')))
            ) AS version
    ) AS v;
END;

-- Each row has another ULID.
CREATE VIEW dns_random AS
SELECT
    (
        SELECT
            group_concat(
                substr(
                    '0123456789ABCDEFGHJKMNPQRSTVWXYZ',
                    1 + (
                        iif(
                            j.value < 0, random(),
                            cast((julianday('now') - 2440587.5) * 86400000 AS INTEGER) >> max(j.value, 0)
                        ) & 31
                    ),
                    1
                ), ''
            )
        FROM
            json_each(
                '[45,40,35,30,25,20,15,10,5,0,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1]'
            ) AS j
        WHERE j.value < z.value
    ) AS random
FROM json_each('[99]') AS z;
