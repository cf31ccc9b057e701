-- Whether the log still has what a reader has seen: an event at or after its position, and the event that it read last.
-- Erased events count. Differs because a standby may be behind: it lacks events that it gets later.
SELECT
    EXISTS (SELECT 1 FROM host_events AS e WHERE e.position >= :position)
    OR EXISTS (SELECT 1 FROM erased_events AS x WHERE x.position >= :position) AS has_position,
    EXISTS (SELECT 1 FROM host_events AS e WHERE e.event_id = :event_id AND e.position = :event_position)
    OR EXISTS (
        SELECT 1 FROM erased_events AS x WHERE x.event_id = :event_id AND x.position = :event_position
    ) AS has_event,
    pg_is_in_recovery() AS is_standby
