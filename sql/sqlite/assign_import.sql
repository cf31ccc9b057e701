-- A line whose names all belong to one live host of its address becomes a part of this host, which then stands in the
-- file. Exported files have such lines where a hostname and an alias do not fit into one line. Only lines of formats
-- without tags. A host with invalid JSON must not fail the statement.
UPDATE OR IGNORE import_lines AS l
SET
    hostname = found.hostname,
    aliases = CASE l.aliases
        WHEN '[]' THEN '[' || json_quote(l.hostname) || ']'
        ELSE '[' || json_quote(l.hostname) || ',' || substr(l.aliases, 2)
    END,
    comment = NULL,
    is_part = TRUE
FROM (
    SELECT
        n.number,
        n.ip_address,
        n.hostname AS name,
        min(h.hostname) AS hostname
    FROM (SELECT DISTINCT i.ip_address FROM import_lines AS i) AS given
    CROSS JOIN host_entries AS h ON given.ip_address = h.ip_address AND h.aliases <> '[]'
    CROSS JOIN json_each(iif(json_valid(h.aliases), h.aliases, '[]')) AS a
    CROSS JOIN import_lines AS n ON h.ip_address = n.ip_address AND a.value = n.hostname
    WHERE
        n.tags IS NULL
        AND NOT EXISTS (
            SELECT 1 FROM host_entries AS o
            WHERE o.ip_address = n.ip_address AND o.hostname = n.hostname
        )
        AND NOT EXISTS (
            SELECT 1 FROM json_each(n.aliases) AS other
            WHERE other.value <> h.hostname AND instr(h.aliases, json_quote(other.value)) = 0
        )
    GROUP BY n.number, n.ip_address, n.hostname
) AS found
WHERE l.number = found.number AND l.ip_address = found.ip_address AND l.hostname = found.name
