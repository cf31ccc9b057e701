-- Merges the lines of each pair that has several: all aliases in order, each once, and the first comment, tags and
-- priority. The merged lines remain; see drop_repeated.
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
        n.name,
        min(l.number * 65536 + n.place) AS place
    FROM lines AS l
    CROSS JOIN LATERAL json_array_elements_text(l.aliases::json) WITH ORDINALITY AS n (name, place)
    WHERE n.name <> l.hostname
    GROUP BY l.ip_address, l.hostname, n.name
),

aliases AS (
    SELECT
        n.ip_address,
        n.hostname,
        '[' || string_agg(to_json(n.name)::text, ',' ORDER BY n.place) || ']' AS aliases
    FROM names AS n
    GROUP BY n.ip_address, n.hostname
)

INSERT INTO import_lines (number, ip_address, hostname, aliases, comment, tags, priority, is_part, is_merged)
SELECT
    min(l.number) AS number,
    l.ip_address,
    l.hostname,
    coalesce(min(a.aliases), '[]') AS aliases,
    (array_agg(l.comment ORDER BY l.number) FILTER (WHERE l.comment IS NOT NULL))[1] AS comment,
    (array_agg(l.tags ORDER BY l.number) FILTER (WHERE l.tags IS NOT NULL))[1] AS tags,
    (array_agg(l.priority ORDER BY l.number) FILTER (WHERE l.priority IS NOT NULL))[1] AS priority,
    bool_and(l.is_part) AS is_part,
    TRUE AS is_merged
FROM lines AS l
LEFT JOIN aliases AS a ON l.ip_address = a.ip_address AND l.hostname = a.hostname
GROUP BY l.ip_address, l.hostname
