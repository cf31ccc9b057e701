-- Lines of a hosts file on their way in; drop_import drops it. is_part: see assign_import, is_merged: see merge_import.
-- Differs because SQLite reads a primary key in order: the pairs need no sorting, 6 % of the SQL of an import.
CREATE TEMPORARY TABLE import_lines (
    number INTEGER,
    ip_address TEXT,
    hostname TEXT,
    aliases TEXT,
    comment TEXT,
    tags TEXT,
    priority INTEGER,
    is_part INTEGER NOT NULL DEFAULT FALSE,
    is_merged INTEGER NOT NULL DEFAULT FALSE,
    PRIMARY KEY (ip_address, hostname, is_merged, number)
) WITHOUT ROWID
