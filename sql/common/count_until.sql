-- The number of events at or below a position, erased events included.
SELECT
    (SELECT count(*) FROM host_events AS e WHERE e.position <= :position)
    + (SELECT count(*) FROM erased_events AS x WHERE x.position <= :position) AS events
