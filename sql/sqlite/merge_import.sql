-- Merges the lines of each pair that has several: all aliases in order, each once, and the first comment, tags and
-- priority. The merged lines remain; see drop_repeated. Differs because SQLite finds the lines of a pair by their key.
INSERT INTO import_lines (number, ip_address, hostname, aliases, comment, tags, priority, is_part, is_merged)
SELECT
    r.number,
    r.ip_address,
    r.hostname,
    (
        SELECT json_group_array(names.name)
        FROM (
            SELECT n.value AS name
            FROM import_lines AS l
            CROSS JOIN json_each(l.aliases) AS n
            WHERE l.ip_address = r.ip_address AND l.hostname = r.hostname AND n.value <> l.hostname
            GROUP BY n.value
            ORDER BY min(l.number * 65536 + n.key)
        ) AS names
    ),
    (
        SELECT l.comment FROM import_lines AS l
        WHERE l.ip_address = r.ip_address AND l.hostname = r.hostname AND l.comment IS NOT NULL
        ORDER BY l.number
        LIMIT 1
    ),
    (
        SELECT l.tags FROM import_lines AS l
        WHERE l.ip_address = r.ip_address AND l.hostname = r.hostname AND l.tags IS NOT NULL
        ORDER BY l.number
        LIMIT 1
    ),
    (
        SELECT l.priority FROM import_lines AS l
        WHERE l.ip_address = r.ip_address AND l.hostname = r.hostname AND l.priority IS NOT NULL
        ORDER BY l.number
        LIMIT 1
    ),
    r.is_part,
    TRUE
FROM (
    SELECT
        min(i.number) AS number,
        i.ip_address,
        i.hostname,
        min(i.is_part) AS is_part
    FROM import_lines AS i
    GROUP BY i.ip_address, i.hostname
    HAVING count(*) > 1
) AS r
