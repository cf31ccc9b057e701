-- Returns the live hosts that differ from the import, with the values of the import. new_tags is NULL if the format of
-- the file has no tags; then the tags of the import are added to those of the host. new_priority is NULL if the file
-- does not say; then the host keeps its own.
SELECT
    h.id,
    h.ip_address,
    h.hostname,
    h.comment,
    h.tags,
    h.aliases,
    h.priority,
    h.created_at,
    h.updated_at,
    h.event_version,
    h.first_position,
    ranked.priority AS new_priority,
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
        OR coalesce(ranked.priority, h.priority) <> h.priority
    )
ORDER BY ranked.number
