-- Every tag and the address are decided here; the address first by the range of its prefix, which an index finds.
-- Of the names this gives candidates: lower() folds only ASCII on every engine alike, so a text beyond ASCII, or with
-- a JSON escape, comes along for the caller to compare.
SELECT id, ip_address, hostname, comment, tags, aliases, created_at, updated_at, event_version
FROM host_entries AS h
WHERE
    ip_address >= :ip_prefix::text
    AND ip_address < :ip_prefix::text || chr(1114111)
    AND strpos(ip_address, :ip_pattern) > 0
    AND NOT EXISTS (
        SELECT 1 FROM json_array_elements_text(:tags::json) AS wanted (tag)
        WHERE wanted.tag NOT IN (SELECT json_array_elements_text(h.tags::json))
    )
    AND (
        strpos(lower(hostname || ' ' || aliases), :hostname_pattern) > 0
        OR octet_length(hostname || aliases) <> char_length(hostname || aliases)
        OR strpos(aliases, '\') > 0
    )
ORDER BY ip_address, hostname
