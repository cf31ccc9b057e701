-- depends: 0001_host_events
-- What: host_events.position, by which a reader follows the log without missing an event, and the time of versions.
-- Why: sequence values become visible out of order under overlapping transactions, so a plain default loses events.
-- DBA: writing transactions that overlap conflict and all but one must be repeated; undo keeps events and positions.

-- The position of the newest event. Always one row: every insert updates it, so that of two overlapping writing
-- transactions DuckDB lets only one commit.
CREATE TABLE log_head (position BIGINT NOT NULL);

INSERT INTO log_head (position)
SELECT coalesce(max(p.position), 0)
FROM (
    SELECT e.position FROM host_events AS e
    UNION ALL
    SELECT r.position FROM erased_events AS r
) AS p;

-- A position is refused unless the sequence has given it after the head's, so that none can stand in the way of a
-- later writer. A version is at most one day after the database's clock, or 1 ms after its predecessor: so it has a
-- successor. DuckDB fires triggers in the order of their names: this one is the last. A copy suspends it.
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

-- The head is behind the log only while the triggers of an insert run: at any other time these guards refuse.
CREATE TRIGGER log_head_no_update AFTER UPDATE ON log_head REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT INSERT INTO refusals
SELECT system.main.error('log_head_guard: log_head is kept by host_events: UPDATE is refused')
FROM old_rows AS o
WHERE
    o.position >= (SELECT coalesce(system.main.max(e.position), 0) FROM host_events AS e)
    AND o.position >= (SELECT coalesce(system.main.max(x.position), 0) FROM erased_events AS x);

CREATE TRIGGER log_head_no_insert AFTER INSERT ON log_head
FOR EACH STATEMENT INSERT INTO refusals
SELECT system.main.error('log_head_guard: log_head is kept by host_events: INSERT is refused');

CREATE TRIGGER log_head_no_delete AFTER DELETE ON log_head
FOR EACH STATEMENT INSERT INTO refusals
SELECT system.main.error('log_head_guard: log_head is kept by host_events: DELETE is refused');

COMMENT ON TABLE log_head IS 'One row: the end of the log. The triggers of host_events keep it.';
