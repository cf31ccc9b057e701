-- The guards again, as migrations 0002_positions and 0007_replicas made them, once log_head is at the newest event.
CREATE TRIGGER host_events_9_position_version_time AFTER INSERT ON host_events REFERENCING NEW TABLE AS new_events
FOR EACH STATEMENT UPDATE log_head AS head
SET
    position = CASE
        WHEN n.is_ahead THEN system.main.error('host_events_version_time: the version is over a day ahead of the clock')
        WHEN n.lowest > head.position AND n.highest <= currval('host_events_number') THEN n.highest
        ELSE system.main.error('host_events_position_given: position is given by the database')
    END
FROM (
    SELECT
        min(e.position) AS lowest,
        max(e.position) AS highest,
        -- Times as the digits of a ULID: the clock's and one day; the predecessor's and 1 ms.
        bool_or(
            left(e.event_version, 10) > greatest(
                translate(to_base(epoch_ms(now()) + 86400000, 32, 10), 'IJKLMNOPQRSTUV', 'JKMNPQRSTVWXYZ'),
                rpad(
                    regexp_replace(rtrim(left(e.expected_version, 10), 'Z'), '.$', '')
                    || translate(
                        right(rtrim(left(e.expected_version, 10), 'Z'), 1),
                        '0123456789ABCDEFGHJKMNPQRSTVWXY',
                        '123456789ABCDEFGHJKMNPQRSTVWXYZ'
                    ),
                    10,
                    '0'
                )
            )
        ) AS is_ahead
    FROM new_events AS e
) AS n
WHERE n.highest IS NOT NULL;

CREATE TRIGGER host_events_0_replica AFTER INSERT ON host_events REFERENCING NEW TABLE AS new_events
FOR EACH STATEMENT INSERT INTO refusals
SELECT system.main.error('host_events_replica: this database is a replica of ' || r.origin || '; write there')
FROM replica_of AS r
WHERE EXISTS (SELECT 1 FROM new_events)
