-- depends: 0001_host_events
-- What: host_events.position, which a reader can follow without ever missing an event.
-- Why: sequence values become visible out of order under overlapping transactions, so a plain default loses events.
-- DBA: writing transactions that overlap conflict and all but one must be repeated; undo keeps events and positions.

-- The position of the newest event. One row, always: every insert updates it, so that of two overlapping writing
-- transactions DuckDB lets only one commit.
CREATE TABLE log_head (position BIGINT NOT NULL);

INSERT INTO log_head (position) SELECT coalesce(max(host_events.position), 0) FROM host_events;

-- A position is refused unless the sequence has given it after the head's, so that none can stand in the way of a
-- later writer. DuckDB fires triggers in the order of their names: this one is the last.
CREATE TRIGGER host_events_9_position AFTER INSERT ON host_events REFERENCING NEW TABLE AS new_events
FOR EACH STATEMENT UPDATE log_head AS head
SET
    position = CASE
        WHEN n.lowest > head.position AND n.highest <= currval('host_events_number') THEN n.highest
        ELSE error('host_events_position_given: position is given by the database')
    END
FROM (
    SELECT
        min(e.position) AS lowest,
        max(e.position) AS highest
    FROM new_events AS e
) AS n
WHERE n.highest IS NOT NULL;

-- The head is behind the log only while the triggers of an insert run: at any other time these guards refuse.
CREATE TRIGGER log_head_no_update AFTER UPDATE ON log_head REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT INSERT INTO refusals
SELECT error('log_head_guard: log_head is kept by host_events: UPDATE is refused')
FROM old_rows AS o
WHERE o.position >= (SELECT coalesce(max(e.position), 0) FROM host_events AS e);

CREATE TRIGGER log_head_no_insert AFTER INSERT ON log_head
FOR EACH STATEMENT INSERT INTO refusals
SELECT error('log_head_guard: log_head is kept by host_events: INSERT is refused');

CREATE TRIGGER log_head_no_delete AFTER DELETE ON log_head
FOR EACH STATEMENT INSERT INTO refusals
SELECT error('log_head_guard: log_head is kept by host_events: DELETE is refused');
