-- The position of the last event of a page, erased events included; see page_end.
SELECT max(page.position) AS position
FROM (
    SELECT united.position
    FROM (
        SELECT e.position
        FROM (
            SELECT h.position
            FROM host_events AS h
            WHERE h.position > :after AND h.position <= :until
            ORDER BY h.position
            LIMIT :limit
        ) AS e
        UNION ALL
        SELECT x.position
        FROM (
            SELECT r.position
            FROM erased_events AS r
            WHERE r.position > :after AND r.position <= :until
            ORDER BY r.position
            LIMIT :limit
        ) AS x
    ) AS united
    ORDER BY united.position
    LIMIT :limit
) AS page
