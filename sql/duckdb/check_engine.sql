-- Reads every value of every table: DuckDB has no check of its own, but compares each block that it reads with its
-- checksum. No row is returned; a damaged block is an error.
SELECT 'damaged' AS words
FROM (
    SELECT
        (SELECT bit_xor(hash(host_events)) FROM host_events) AS events,
        (SELECT bit_xor(hash(host_entries)) FROM host_entries) AS entries,
        (SELECT bit_xor(hash(snapshots)) FROM snapshots) AS files,
        (SELECT bit_xor(hash(consumers)) FROM consumers) AS readers,
        (SELECT bit_xor(hash(erased_events)) FROM erased_events) AS leaves,
        (SELECT bit_xor(hash(erasures)) FROM erasures) AS erased_hosts
) AS sums
WHERE concat(sums.events, sums.entries, sums.files, sums.readers, sums.leaves, sums.erased_hosts) = 'x'
LIMIT :limit -- noqa: AM09
