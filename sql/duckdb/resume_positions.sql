-- The guard of positions again, as migration 0002_positions made it, once log_head is at the newest event.
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
WHERE n.highest IS NOT NULL
