-- The positions and leaf hashes of a page, in the order of position. An event that is recorded as erased and still
-- stored counts once.
SELECT
    e.position,
    event_leaf(e) AS leaf
FROM host_events AS e
WHERE e.position > :after AND e.position <= :until
UNION ALL
SELECT
    x.position,
    x.leaf
FROM erased_events AS x
WHERE
    x.position > :after AND x.position <= :until
    AND NOT EXISTS (SELECT FROM host_events AS e WHERE e.position = x.position)
ORDER BY position
