-- Whether this server shows an event, or nothing can still appear below its position. Differs because transactions
-- commit out of order here, and a standby may be behind: of a restored log too, whose horizon is without an end.
SELECT
    EXISTS (SELECT 1 FROM host_events WHERE position = :position)
    OR (
        log_horizon() > :position
        AND (SELECT coalesce(max(position), -1) FROM host_events) >= :position
    ) AS reached
