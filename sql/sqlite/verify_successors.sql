-- Versions that several events of a host follow; without a version, several first events.
-- Differs because the expression lets SQLite read host_events_one_successor in order, and nothing else.
SELECT
    CASE WHEN coalesce(expected_version, '') = '' THEN 'several_first_events' ELSE 'several_successors' END AS kind,
    aggregate_id AS id,
    coalesce(expected_version, '') AS subject
FROM host_events
GROUP BY aggregate_id, coalesce(expected_version, '')
HAVING count(*) > 1
LIMIT :limit -- noqa: AM09
