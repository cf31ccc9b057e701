-- Of several lines with one pair the first one counts.
INSERT INTO import_lines (number, ip_address, hostname, aliases, comment, tags, priority)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE
SET
    number = excluded.number,
    aliases = excluded.aliases,
    comment = excluded.comment,
    tags = excluded.tags,
    priority = excluded.priority
WHERE excluded.number < number
