-- The newest event at or below a position, erased events included.
SELECT
    newest.event_id,
    newest.position
FROM (
    SELECT
        e.event_id,
        e.position
    FROM (
        SELECT
            h.event_id,
            h.position
        FROM host_events AS h
        WHERE h.position <= :position
        ORDER BY h.position DESC
        LIMIT 1
    ) AS e
    UNION ALL
    SELECT
        x.event_id,
        x.position
    FROM (
        SELECT
            r.event_id,
            r.position
        FROM erased_events AS r
        WHERE r.position <= :position
        ORDER BY r.position DESC
        LIMIT 1
    ) AS x
) AS newest
ORDER BY newest.position DESC
LIMIT 1
