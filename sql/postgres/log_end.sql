-- The position up to which the log is complete for good; -1 where it is empty. Erased events count: their positions are
-- not used again. Differs because transactions commit out of order here: what an open one may still precede does not
-- count.
SELECT coalesce(max(p.position), -1) AS position
FROM (
    SELECT max(e.position) AS position FROM host_events AS e WHERE e.position < log_horizon()
    UNION ALL
    SELECT max(x.position) FROM erased_events AS x WHERE x.position < log_horizon()
) AS p
