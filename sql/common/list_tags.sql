-- Every host's tags, for counting.
SELECT tags
FROM host_entries
WHERE tags <> '[]'
