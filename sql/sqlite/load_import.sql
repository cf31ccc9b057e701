INSERT INTO import_lines (number, ip_address, hostname, aliases, comment, tags)
VALUES (?, ?, ?, ?, ?, ?)
