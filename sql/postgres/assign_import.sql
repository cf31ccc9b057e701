-- A line whose names all belong to one live host of its address becomes a part of this host, which then stands in the
-- file. Exported files have such lines where a hostname and an alias do not fit into one line. Only lines of formats
-- without tags. A host with invalid JSON must not fail the statement, so its JSON is not parsed: the quotes separate
-- the names. The first condition spares an import into an empty database all this work.
UPDATE import_lines AS l
SET
    hostname = found.hostname,
    aliases = CASE l.aliases
        WHEN '[]' THEN '[' || to_json(l.hostname)::text || ']'
        ELSE '[' || to_json(l.hostname)::text || ',' || substr(l.aliases, 2)
    END,
    comment = NULL,
    is_part = TRUE
FROM (
    SELECT
        n.number,
        n.ip_address,
        n.hostname AS name,
        min(h.hostname) AS hostname
    FROM host_entries AS h
    CROSS JOIN LATERAL string_to_table(h.aliases, '"') AS a (name)
    INNER JOIN import_lines AS n ON h.ip_address = n.ip_address AND a.name = n.hostname
    WHERE
        h.aliases <> '[]'
        AND n.tags IS NULL
        AND NOT EXISTS (
            SELECT 1 FROM host_entries AS o
            WHERE o.ip_address = n.ip_address AND o.hostname = n.hostname
        )
        AND NOT EXISTS (
            SELECT 1 FROM json_array_elements_text(n.aliases::json) AS other (name)
            WHERE other.name <> h.hostname AND strpos(h.aliases, to_json(other.name)::text) = 0
        )
    GROUP BY n.number, n.ip_address, n.hostname
) AS found
WHERE
    EXISTS (SELECT 1 FROM host_entries AS e WHERE e.aliases <> '[]')
    AND l.number = found.number
    AND l.ip_address = found.ip_address
    AND l.hostname = found.name
