COPY import_lines (number, ip_address, hostname, aliases, comment, tags) FROM STDIN
