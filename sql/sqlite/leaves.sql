-- The positions of a page, in the order of position, each with its leaf hash (of an erased event) or with the columns
-- from which the library computes it. Differs because SQLite has no SHA-256. An event that is recorded as erased and
-- still stored counts once. c.* has a position, too, so the order names the first column.
-- noqa: disable=AM04
SELECT
    c.position,
    NULL AS leaf,
    c.*
FROM event_contents AS c
WHERE c.position > :after AND c.position <= :until
UNION ALL
SELECT
    x.position,
    x.leaf,
    c.*
FROM erased_events AS x
LEFT JOIN event_contents AS c ON x.position = c.position
WHERE x.position > :after AND x.position <= :until AND c.position IS NULL
ORDER BY 1
