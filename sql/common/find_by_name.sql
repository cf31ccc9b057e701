-- Candidates for the caller to compare: an alias with a JSON escape may be the name. replace() finds a text on every
-- engine alike. No JSON is parsed, because a row with invalid JSON would fail the statement. lower() folds only ASCII,
-- on DuckDB all letters. So the name is compared in both forms, and in the form that add_host stores. An empty form is
-- not compared.
SELECT id, ip_address, hostname, comment, tags, aliases, priority, created_at, updated_at, event_version, first_position
FROM host_entries
WHERE
    lower(hostname) IN (:name, :folded, :canonical)
    OR (
        aliases <> '[]'
        AND (
            replace(lower(aliases), :name_alias, '') <> lower(aliases)
            OR (:folded_alias <> '' AND replace(lower(aliases), :folded_alias, '') <> lower(aliases))
            OR (:canonical_alias <> '' AND replace(lower(aliases), :canonical_alias, '') <> lower(aliases))
            OR replace(aliases, '\', '') <> aliases
        )
    )
ORDER BY ip_address, hostname
