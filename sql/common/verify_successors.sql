-- Versions that several events of a host follow; without a version, several first events.
SELECT
    CASE WHEN expected_version IS NULL THEN 'several_first_events' ELSE 'several_successors' END AS kind,
    aggregate_id AS id,
    expected_version AS subject
FROM host_events
GROUP BY aggregate_id, expected_version
HAVING count(*) > 1
LIMIT :limit -- noqa: AM09
