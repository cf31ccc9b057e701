-- The address is decided here, first by the range from the last host of the previous page to the end of the prefix. An
-- index finds it. Of the names and tags this gives candidates for the caller to compare. No JSON is parsed, because a
-- row with invalid JSON would fail the statement. lower() folds only ASCII on every engine alike. So a text beyond
-- ASCII or with a JSON escape is a candidate. :tags has each wanted tag as a JSON string, :without_tags each unwanted
-- one that has no comma.
SELECT id, ip_address, hostname, comment, tags, aliases, priority, created_at, updated_at, event_version, first_position
FROM host_entries AS h
WHERE
    (ip_address, hostname) > (:after_ip, :after_hostname)
    AND ip_address < coalesce(:ip_prefix_end, x'')
    AND instr(ip_address, :ip_pattern) > 0
    AND NOT EXISTS (
        SELECT 1 FROM json_each(:tags) AS wanted
        WHERE instr(h.tags, wanted.value) = 0 AND instr(h.tags, '\') = 0
    )
    AND NOT EXISTS (
        SELECT 1 FROM json_each(:without_tags) AS unwanted
        WHERE instr(h.tags, unwanted.value) > 0 AND instr(h.tags, '\') = 0
    )
    AND (
        (
            instr(lower(hostname || ' ' || aliases), :hostname_pattern) > 0
            AND instr(lower(hostname || ' ' || aliases), :hostname) > 0
        )
        OR length(cast(hostname || aliases AS BLOB)) <> length(hostname || aliases)
        OR instr(aliases, '\') > 0
    )
ORDER BY ip_address, hostname
LIMIT :limit
