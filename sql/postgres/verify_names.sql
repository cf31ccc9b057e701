-- Rows of the name server's names that differ from what the live hosts make, and networks that are missing. A network
-- without a host is not shown.
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
    UNION ALL
    SELECT c.name, 'ENT', NULL, NULL, NULL, NULL, '', -1
    FROM dns.networks_current AS c
    WHERE NOT EXISTS (SELECT FROM dns.networks AS k WHERE k.name = c.name)
) AS n
GROUP BY n.name, n.type, n.priority, n.first_position, n.content, n.zone_id, n.host_id
HAVING sum(n.found) <> 0
LIMIT :limit -- noqa: AM09
