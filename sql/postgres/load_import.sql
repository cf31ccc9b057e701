COPY import_lines (number, ip_address, hostname, aliases, comment, tags, priority) FROM STDIN
