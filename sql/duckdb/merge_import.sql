-- Merges the lines of each pair that has several: all aliases in order, each once, and the first comment, tags and
-- priority. The merged lines remain; see drop_repeated.
INSERT INTO import_lines (number, ip_address, hostname, aliases, comment, tags, priority, is_part, is_merged)
WITH repeated AS (
    SELECT
        i.ip_address,
        i.hostname
    FROM import_lines AS i
    GROUP BY i.ip_address, i.hostname
    HAVING count(*) > 1
),

lines AS (
    SELECT l.*
    FROM import_lines AS l
    INNER JOIN repeated AS r ON l.ip_address = r.ip_address AND l.hostname = r.hostname
),

names AS (
    SELECT
        l.ip_address,
        l.hostname,
        l.number,
        unnest(from_json(l.aliases, '["VARCHAR"]')) AS name,
        generate_subscripts(from_json(l.aliases, '["VARCHAR"]'), 1) AS place
    FROM lines AS l
),

distinct_names AS (
    SELECT
        n.ip_address,
        n.hostname,
        n.name,
        min(n.number * 65536 + n.place) AS place
    FROM names AS n
    WHERE n.name <> n.hostname
    GROUP BY n.ip_address, n.hostname, n.name
),

aliases AS (
    SELECT
        n.ip_address,
        n.hostname,
        to_json(list(n.name ORDER BY n.place))::VARCHAR AS aliases
    FROM distinct_names AS n
    GROUP BY n.ip_address, n.hostname
)

SELECT
    min(l.number) AS number,
    l.ip_address,
    l.hostname,
    coalesce(min(a.aliases), '[]') AS aliases,
    arg_min(l.comment, l.number) AS comment,
    arg_min(l.tags, l.number) AS tags,
    arg_min(l.priority, l.number) AS priority,
    bool_and(l.is_part) AS is_part,
    TRUE AS is_merged
FROM lines AS l
LEFT JOIN aliases AS a ON l.ip_address = a.ip_address AND l.hostname = a.hostname
GROUP BY l.ip_address, l.hostname
