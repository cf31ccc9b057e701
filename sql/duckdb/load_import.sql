INSERT INTO import_lines (number, ip_address, hostname, aliases, comment, tags, priority)
SELECT
    given.n[1]::BIGINT,
    given.n[2],
    given.n[3],
    given.n[4],
    given.n[5],
    given.n[6],
    given.n[7]::INTEGER
FROM (SELECT unnest(from_json(:rows, '[["VARCHAR"]]')) AS n) AS given
