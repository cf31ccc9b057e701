-- Returns the live hosts that differ from the import, with the values of the import. new_tags is NULL if the format of
-- the file has no tags; then the tags of the import are added to those of the host.
SELECT
    h.id,
    h.ip_address,
    h.hostname,
    h.comment,
    h.tags,
    h.aliases,
    h.created_at,
    h.updated_at,
    h.event_version,
    ranked.comment AS new_comment,
    ranked.tags AS new_tags,
    ranked.aliases AS new_aliases
FROM (
    SELECT
        l.*,
        row_number() OVER (PARTITION BY l.ip_address, l.hostname ORDER BY l.number) AS occurrence
    FROM import_lines AS l
) AS ranked
INNER JOIN host_entries AS h ON ranked.ip_address = h.ip_address AND ranked.hostname = h.hostname
WHERE
    ranked.occurrence = 1
    AND (
        ranked.aliases <> h.aliases
        OR coalesce(ranked.comment, '') <> coalesce(h.comment, '')
        OR coalesce(ranked.tags, :tags) <> h.tags
    )
ORDER BY ranked.number
