-- Positions that several events have; the host is one of theirs.
-- Differs because DuckDB keeps the newest position in log_head: a wrong one lets nobody write, or everybody.
(
    SELECT
        'position_repeated' AS kind,
        min(aggregate_id) AS id,
        position::TEXT AS subject
    FROM host_events
    GROUP BY position
    HAVING count(*) > 1
    LIMIT :limit -- noqa: AM09
)
UNION ALL
SELECT
    'log_head_differs' AS kind,
    '' AS id,
    coalesce(max(head.position)::TEXT, 'nothing') AS subject
FROM log_head AS head
HAVING
    count(*) <> 1
    OR max(head.position) <> greatest(
        (SELECT coalesce(max(e.position), 0) FROM host_events AS e),
        (SELECT coalesce(max(r.position), 0) FROM erased_events AS r)
    )
