-- The position of the last leaf of a page. Erased events count.
SELECT max(page.position) AS position
FROM (
    SELECT both_tables.position
    FROM (
        SELECT * FROM (
            SELECT e.position FROM host_events AS e
            WHERE e.position > :after AND e.position <= :until
            ORDER BY e.position
            LIMIT :limit
        ) AS present
        UNION
        SELECT * FROM (
            SELECT x.position FROM erased_events AS x
            WHERE x.position > :after AND x.position <= :until
            ORDER BY x.position
            LIMIT :limit
        ) AS gone
    ) AS both_tables
    ORDER BY both_tables.position
    LIMIT :limit
) AS page
