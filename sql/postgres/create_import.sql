-- Lines of a hosts file on their way in; gone with the transaction. is_part: see assign_import, is_merged: see
-- merge_import.
CREATE TEMPORARY TABLE import_lines (
    number bigint,
    ip_address text COLLATE "C",
    hostname text COLLATE "C",
    aliases text,
    comment text,
    tags text,
    priority integer,
    is_part boolean NOT NULL DEFAULT FALSE,
    is_merged boolean NOT NULL DEFAULT FALSE
) ON COMMIT DROP
