-- Lines of a hosts file on their way in; dropped by drop_import.
CREATE TEMPORARY TABLE import_lines (
    number BIGINT,
    ip_address TEXT,
    hostname TEXT,
    aliases TEXT,
    comment TEXT,
    tags TEXT,
    priority INTEGER
)
