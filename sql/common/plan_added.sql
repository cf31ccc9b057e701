-- The pairs that an import would add, each as its first line has it.
SELECT
    ranked.ip_address,
    ranked.hostname,
    ranked.aliases,
    ranked.comment,
    ranked.tags,
    ranked.priority
FROM (
    SELECT
        l.*,
        row_number() OVER (PARTITION BY l.ip_address, l.hostname ORDER BY l.number) AS occurrence
    FROM import_lines AS l
) AS ranked
WHERE
    ranked.occurrence = 1
    AND NOT EXISTS (
        SELECT 1 FROM host_entries AS h
        WHERE h.ip_address = ranked.ip_address AND h.hostname = ranked.hostname
    )
ORDER BY ranked.number
