-- Every tag and the address are decided here; the address first by the range of its prefix, which an index finds.
-- Of the names this gives candidates: lower() folds only ASCII on every engine alike, so a text beyond ASCII, or with
-- a JSON escape, comes along for the caller to compare.
SELECT id, ip_address, hostname, comment, tags, aliases, created_at, updated_at, event_version
FROM host_entries AS h
WHERE
    ip_address >= :ip_prefix
    AND ip_address < :ip_prefix || char(1114111)
    AND instr(ip_address, :ip_pattern) > 0
    AND NOT EXISTS (
        SELECT 1 FROM json_each(:tags) AS wanted
        WHERE wanted.value NOT IN (SELECT t.value FROM json_each(h.tags) AS t)
    )
    AND (
        instr(lower(hostname || ' ' || aliases), :hostname_pattern) > 0
        OR length(cast(hostname || aliases AS BLOB)) <> length(hostname || aliases)
        OR instr(aliases, '\') > 0
    )
ORDER BY ip_address, hostname
