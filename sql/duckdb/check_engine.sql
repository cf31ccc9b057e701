-- Reads every value of every table: DuckDB has no check of its own, but compares each block that it reads with its
-- checksum. No row is returned; a damaged block is an error.
SELECT 'damaged' AS words
FROM (
    SELECT
        (SELECT bit_xor(hash(e)) FROM host_events AS e) AS events,
        (SELECT bit_xor(hash(h)) FROM host_entries AS h) AS entries,
        (SELECT bit_xor(hash(s)) FROM snapshots AS s) AS files,
        (SELECT bit_xor(hash(c)) FROM consumers AS c) AS readers,
        (SELECT bit_xor(hash(x)) FROM erased_events AS x) AS leaves,
        (SELECT bit_xor(hash(r)) FROM erasures AS r) AS hosts
) AS sums
WHERE concat(sums.events, sums.entries, sums.files, sums.readers, sums.leaves, sums.hosts) = 'x'
LIMIT :limit -- noqa: AM09
