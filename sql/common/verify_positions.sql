-- Returns positions that several events have, with the host of one of these events. An index finds the positions.
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
