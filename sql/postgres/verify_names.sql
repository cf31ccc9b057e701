-- Rows of the name server's names that differ from what the live hosts make.
SELECT
    CASE WHEN sum(n.found) > 0 THEN 'name_extra' ELSE 'name_missing' END AS kind,
    n.host_id AS id,
    concat_ws(' ', n.name, n.type, n.content) AS subject
FROM (
    SELECT name, type, priority, first_position, content, zone_id, host_id, 1 AS found
    FROM dns.names
    UNION ALL
    SELECT name, type, priority, first_position, content, zone_id, host_id, -1
    FROM dns.names_current
) AS n
GROUP BY n.name, n.type, n.priority, n.first_position, n.content, n.zone_id, n.host_id
HAVING sum(n.found) <> 0
LIMIT :limit -- noqa: AM09
