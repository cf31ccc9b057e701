-- Positions that several events have; the host is one of theirs, looked up after an index alone has told.
SELECT
    'position_repeated' AS kind,
    (SELECT min(e.aggregate_id) FROM host_events AS e WHERE e.position = repeated.position) AS id,
    cast(repeated.position AS text) AS subject
FROM (
    SELECT h.position
    FROM host_events AS h
    GROUP BY h.position
    HAVING count(*) > 1
    LIMIT :limit -- noqa: AM09
) AS repeated
