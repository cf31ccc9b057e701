-- The position up to which the log is complete for good; -1 where it is empty.
SELECT coalesce(max(position), -1) AS position
FROM host_events
