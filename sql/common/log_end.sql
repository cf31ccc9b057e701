-- The position up to which the log is complete for good; -1 where it is empty. Erased events count: their positions are
-- not used again.
SELECT coalesce(max(p.position), -1) AS position
FROM (
    SELECT max(e.position) AS position FROM host_events AS e
    UNION ALL
    SELECT max(x.position) FROM erased_events AS x
) AS p
