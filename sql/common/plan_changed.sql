-- Returns the live hosts that differ from the import, with the values of the import. new_tags is NULL if the format of
-- the file has no tags; then the tags of the import are added to those of the host. new_priority is NULL if the file
-- does not say; then the host keeps its own. A part alone changes nothing; see assign_import.
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
    l.priority AS new_priority,
    l.comment AS new_comment,
    l.tags AS new_tags,
    l.aliases AS new_aliases
FROM import_lines AS l
INNER JOIN host_entries AS h ON l.ip_address = h.ip_address AND l.hostname = h.hostname
WHERE
    NOT l.is_part
    AND (
        l.aliases <> h.aliases
        OR coalesce(l.comment, '') <> coalesce(h.comment, '')
        OR coalesce(l.tags, :tags) <> h.tags
        OR coalesce(l.priority, h.priority) <> h.priority
    )
ORDER BY l.number
