-- Whether the log has got as far as a position. Erased events count.
SELECT
    EXISTS (SELECT 1 FROM host_events AS e WHERE e.position >= :position)
    OR EXISTS (SELECT 1 FROM erased_events AS x WHERE x.position >= :position) AS reached
