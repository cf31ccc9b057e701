-- depends: 0001_host_events
-- What: the guards of host_events.position, which a reader can follow without ever missing an event.
-- Why: SQLite has one writer at a time, so counting up is enough, as long as nobody gives a number of their own.
-- DBA: two triggers, no data. Whatever sqlite_sequence says, a position is above all stored and erased ones.

-- Before the insert SQLite has no number yet: new.position is -1, unless the client gave one.
CREATE TRIGGER host_events_position_given BEFORE INSERT ON host_events
WHEN new.position >= 0
BEGIN
    SELECT raise(ABORT, 'host_events_position_given: position is given by the database');
END;

CREATE TRIGGER host_events_position_grows AFTER INSERT ON host_events
WHEN
    new.position < 1
    OR EXISTS (SELECT 1 FROM host_events AS e WHERE e.position > new.position)
    OR EXISTS (SELECT 1 FROM erased_events AS x WHERE x.position >= new.position)
BEGIN
    SELECT raise(
        ABORT,
        'host_events_position_given: sqlite_sequence is behind the positions of this log'
    );
END;

-- A copy records positions that were erased in its source: no event may get one of them later.
CREATE TRIGGER erased_events_position AFTER INSERT ON erased_events
WHEN new.position > coalesce((SELECT s.seq FROM sqlite_sequence AS s WHERE s.name = 'host_events'), 0)
BEGIN
    DELETE FROM sqlite_sequence WHERE name = 'host_events';
    INSERT INTO sqlite_sequence (name, seq) VALUES ('host_events', new.position);
END;
