-- The consumers with what they have not handled: at most a million events are counted.
SELECT
    c.name,
    c.position,
    c.updated_at,
    (
        SELECT count(*)
        FROM (
            SELECT 1
            FROM host_events AS e
            WHERE e.position > c.position
            ORDER BY e.position
            LIMIT 1000000
        ) AS n
    ) AS events_behind,
    (
        SELECT e.created_at
        FROM host_events AS e
        WHERE e.position > c.position
        ORDER BY e.position
        LIMIT 1
    ) AS oldest_unhandled
FROM consumers AS c
ORDER BY c.name
