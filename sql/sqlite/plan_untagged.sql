-- Returns the live hosts with a tag that are not in the import, each with the tags of its HostCreated. The tag, as a
-- JSON string, gives candidates for the caller to compare: no JSON is parsed, because a row with invalid JSON would
-- fail the statement. Differs because SQLite has no strpos.
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
    e.tags AS created_tags
FROM host_entries AS h
INNER JOIN host_events AS e ON h.first_position = e.position AND h.id = e.aggregate_id
WHERE
    (instr(h.tags, :tag) > 0 OR instr(h.tags, '\') > 0)
    AND NOT EXISTS (
        SELECT 1 FROM import_lines AS l
        WHERE l.ip_address = h.ip_address AND l.hostname = h.hostname
    )
ORDER BY h.ip_address, h.hostname
