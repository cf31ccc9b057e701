-- Every tag and the address are decided here; the address first by the range of its prefix, which an index finds.
-- Of the names this gives candidates: lower() folds only ASCII on every engine alike, so a text beyond ASCII, or with
-- a JSON escape, comes along for the caller to compare.
SELECT id, ip_address, hostname, comment, tags, aliases, created_at, updated_at, event_version
FROM host_entries AS h
WHERE
    ip_address >= :ip_prefix
    AND ip_address < :ip_prefix || chr(1114111)
    AND contains(ip_address, :ip_pattern)
    AND NOT EXISTS (
        SELECT 1 FROM (SELECT unnest(from_json(:tags, '["VARCHAR"]')) AS tag) AS wanted
        WHERE NOT list_contains(from_json(h.tags, '["VARCHAR"]'), wanted.tag)
    )
    AND (
        contains(lower(hostname || ' ' || aliases), :hostname_pattern)
        OR strlen(hostname || aliases) <> length(hostname || aliases)
        OR contains(aliases, '\')
    )
ORDER BY ip_address, hostname
