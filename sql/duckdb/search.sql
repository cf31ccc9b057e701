-- The address is decided here, first by the range from the last host of the previous page to the end of the prefix. An
-- index finds it. Of the names and tags this gives candidates for the caller to compare. No JSON is parsed, because a
-- row with invalid JSON would fail the statement. lower() folds only ASCII on every engine alike. So a text beyond
-- ASCII or with a JSON escape is a candidate. :tags has each wanted tag as a JSON string, :without_tags each unwanted
-- one that has no comma.
SELECT id, ip_address, hostname, comment, tags, aliases, priority, created_at, updated_at, event_version, first_position
FROM host_entries AS h
WHERE
    (ip_address, hostname) > (:after_ip, :after_hostname)
    AND ip_address < coalesce(:ip_prefix_end, repeat(chr(1114111), 1000))
    AND contains(ip_address, :ip_pattern)
    AND NOT EXISTS (
        SELECT 1 FROM (SELECT unnest(from_json(:tags, '["VARCHAR"]')) AS tag) AS wanted
        WHERE NOT contains(h.tags, wanted.tag) AND NOT contains(h.tags, '\')
    )
    AND NOT EXISTS (
        SELECT 1 FROM (SELECT unnest(from_json(:without_tags, '["VARCHAR"]')) AS tag) AS unwanted
        WHERE contains(h.tags, unwanted.tag) AND NOT contains(h.tags, '\')
    )
    AND (
        (
            contains(lower(hostname || ' ' || aliases), :hostname_pattern)
            AND contains(lower(hostname || ' ' || aliases), :hostname)
        )
        OR strlen(hostname || aliases) <> length(hostname || aliases)
        OR contains(aliases, '\')
    )
ORDER BY ip_address, hostname
LIMIT :limit
