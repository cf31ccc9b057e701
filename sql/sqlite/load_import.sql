-- A line of dnsmasq can have the same pair twice.
INSERT OR IGNORE INTO import_lines (number, ip_address, hostname, aliases, comment, tags, priority)
VALUES (?, ?, ?, ?, ?, ?, ?)
