-- The position of the last event of a page. Found on its own, so that the page itself is read between two constants:
-- DuckDB would sort all that follows, with all its columns (measured: 20,000 of 1,000,000 events 0.17 s, not 0.66 s).
SELECT max(page.position) AS position
FROM (
    SELECT e.position
    FROM host_events AS e
    WHERE e.position > :after AND e.position <= :until
    ORDER BY e.position
    LIMIT :limit
) AS page
