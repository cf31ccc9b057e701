-- depends: 0001_host_events
-- What: the guard of host_events.position, which a reader can follow without ever missing an event.
-- Why: SQLite has one writer at a time, so counting up is enough, as long as nobody gives a number of their own.
-- DBA: one trigger, no data.

CREATE TRIGGER host_events_position_given AFTER INSERT ON host_events
WHEN
    new.position <> 1 + coalesce((SELECT max(e.position) FROM host_events AS e WHERE e.position < new.position), 0)
    OR EXISTS (SELECT 1 FROM host_events AS e WHERE e.position > new.position)
BEGIN
    SELECT raise(ABORT, 'host_events_position_given: position is given by the database');
END;
