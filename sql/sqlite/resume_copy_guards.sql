-- The guard again, as migration 0007_replicas made it.
CREATE TRIGGER host_events_version_time_and_replica BEFORE INSERT ON host_events
WHEN
    EXISTS (SELECT 1 FROM replica_of)
    OR (
        substr(new.event_version, 1, 10) <> coalesce(substr(new.expected_version, 1, 10), '')
        AND new.event_version >= (
            SELECT
                '0' || substr(n.digits, 1 + (n.nines >> 15 & 31), 1) || substr(n.digits, 1 + (n.nines >> 10 & 31), 1)
                || substr(n.digits, 1 + (n.nines >> 5 & 31), 1) || substr(n.digits, 1 + (n.nines & 31), 1)
            FROM (
                SELECT
                    '0123456789ABCDEFGHJKMNPQRSTVWXYZ' AS digits,
                    cast((julianday('now') - 2440586.5) * 86400000 AS INTEGER) >> 25 AS nines
            ) AS n
        )
    )
BEGIN
    SELECT raise(ABORT, 'host_events_replica: this database is a copy of another one: write to its origin')
    WHERE EXISTS (SELECT 1 FROM replica_of);
    SELECT raise(ABORT, 'host_events_version_time: the version is over a day ahead of the clock')
    FROM (
        SELECT
            sum(d.of_new) AS of_new,
            sum(d.of_expected) AS of_expected
        FROM (
            SELECT
                (instr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', substr(new.event_version, n.value, 1)) - 1)
                << (50 - 5 * n.value) AS of_new,
                (instr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', substr(new.expected_version, n.value, 1)) - 1)
                << (50 - 5 * n.value) AS of_expected
            FROM json_each('[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]') AS n
        ) AS d
    ) AS milliseconds
    WHERE
        -- What is no version at all, host_events_version_is_ulid refuses.
        length(new.event_version) = 26 AND new.event_version < '8'
        AND milliseconds.of_new > cast((julianday('now') - 2440586.5) * 86400000 AS INTEGER)
        AND milliseconds.of_new > coalesce(milliseconds.of_expected + 1, 0);
END
