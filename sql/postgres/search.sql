-- The address is decided here, first by the range from the last host of the previous page to the end of the prefix. An
-- index finds it. Of the names and tags this gives candidates for the caller to compare. No JSON is parsed, because a
-- row with invalid JSON would fail the statement. lower() folds only ASCII on every engine alike. So a text beyond
-- ASCII or with a JSON escape is a candidate. :tags has each wanted tag as a JSON string, :without_tags each unwanted
-- one that has no comma.
SELECT id, ip_address, hostname, comment, tags, aliases, priority, created_at, updated_at, event_version, first_position
FROM host_entries AS h
WHERE
    (ip_address, hostname) > (:after_ip::text, :after_hostname::text)
    AND ip_address < coalesce(:ip_prefix_end::text, repeat(chr(1114111), 1000))
    AND strpos(ip_address, :ip_pattern) > 0
    AND NOT EXISTS (
        SELECT 1 FROM json_array_elements_text(:tags::json) AS wanted (tag)
        WHERE strpos(h.tags, wanted.tag) = 0 AND strpos(h.tags, '\') = 0
    )
    AND NOT EXISTS (
        SELECT 1 FROM json_array_elements_text(:without_tags::json) AS unwanted (tag)
        WHERE strpos(h.tags, unwanted.tag) > 0 AND strpos(h.tags, '\') = 0
    )
    AND (
        (
            strpos(lower(hostname || ' ' || aliases), :hostname_pattern) > 0
            AND strpos(lower(hostname || ' ' || aliases), :hostname) > 0
        )
        OR octet_length(hostname || aliases) <> char_length(hostname || aliases)
        OR strpos(aliases, '\') > 0
    )
ORDER BY ip_address, hostname
LIMIT :limit
