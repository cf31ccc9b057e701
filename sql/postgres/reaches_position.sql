-- Whether this server shows an event, or nothing can still appear below its position. Differs because transactions
-- commit out of order here, and a standby may be behind: of a restored log too, whose horizon is without an end.
SELECT
    EXISTS (SELECT 1 FROM host_events WHERE position = :position)
    OR (
        log_horizon() > :position
        AND greatest(
            (SELECT coalesce(max(e.position), -1) FROM host_events AS e),
            (SELECT max(x.position) FROM erased_events AS x)
        ) >= :position
    ) AS reached
