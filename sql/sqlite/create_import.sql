-- The hosts of an import, one row per pair; drop_import drops it. Differs because SQLite reads a primary key
-- in order: the pairs need no sorting, 6 % of the SQL of an import.
CREATE TEMPORARY TABLE import_lines (
    number INTEGER,
    ip_address TEXT,
    hostname TEXT,
    aliases TEXT,
    comment TEXT,
    tags TEXT,
    priority INTEGER,
    PRIMARY KEY (ip_address, hostname)
) WITHOUT ROWID
