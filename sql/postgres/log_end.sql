-- The position up to which the log is complete for good; -1 where it is empty. Differs because transactions commit out
-- of order here: what an open one may still precede does not count.
SELECT coalesce(max(position), -1) AS position
FROM host_events
WHERE position < log_horizon()
