-- Lines of a hosts file on their way in; dropped by drop_import. is_part: see assign_import, is_merged: see
-- merge_import. An interrupted import may have left the table.
CREATE OR REPLACE TEMPORARY TABLE import_lines (
    number BIGINT,
    ip_address TEXT,
    hostname TEXT,
    aliases TEXT,
    comment TEXT,
    tags TEXT,
    priority INTEGER,
    is_part BOOLEAN DEFAULT FALSE,
    is_merged BOOLEAN DEFAULT FALSE
)
