-- A line whose names all belong to one live host of its address becomes a part of this host, which then stands in the
-- file. Exported files have such lines where a hostname and an alias do not fit into one line. Only lines of formats
-- without tags. A host with invalid JSON must not fail the statement, so its JSON is not parsed: the quotes separate
-- the names.
UPDATE import_lines AS l
SET
    hostname = found.hostname,
    aliases = CASE l.aliases
        WHEN '[]' THEN '[' || to_json(l.hostname)::VARCHAR || ']'
        ELSE '[' || to_json(l.hostname)::VARCHAR || ',' || substr(l.aliases, 2)
    END,
    comment = NULL,
    is_part = TRUE
FROM (
    SELECT
        n.number,
        n.ip_address,
        n.hostname AS name,
        min(h.hostname) AS hostname
    FROM (
        SELECT
            e.ip_address,
            e.hostname,
            e.aliases,
            unnest(string_split(e.aliases, '"')) AS name
        FROM host_entries AS e
        WHERE e.aliases <> '[]'
    ) AS h
    INNER JOIN import_lines AS n ON h.ip_address = n.ip_address AND h.name = n.hostname
    WHERE
        n.tags IS NULL
        AND NOT EXISTS (
            SELECT 1 FROM host_entries AS o
            WHERE o.ip_address = n.ip_address AND o.hostname = n.hostname
        )
        AND NOT EXISTS (
            SELECT 1 FROM (SELECT unnest(from_json(n.aliases, '["VARCHAR"]')) AS name) AS other
            WHERE other.name <> h.hostname AND NOT contains(h.aliases, to_json(other.name)::VARCHAR)
        )
    GROUP BY n.number, n.ip_address, n.hostname
) AS found
WHERE l.number = found.number AND l.ip_address = found.ip_address AND l.hostname = found.name
