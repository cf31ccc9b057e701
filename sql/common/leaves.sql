-- The positions and leaf hashes of a page, in the order of position. An event that is recorded as erased and still
-- stored counts once.
SELECT
    c.position,
    c.leaf
FROM event_contents AS c
WHERE c.position > :after AND c.position <= :until
UNION ALL
SELECT
    x.position,
    x.leaf
FROM erased_events AS x
WHERE
    x.position > :after AND x.position <= :until
    AND NOT EXISTS (SELECT 1 FROM host_events AS e WHERE e.position = x.position)
ORDER BY position
