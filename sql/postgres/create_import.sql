-- Lines of a hosts file on their way in; gone with the transaction.
CREATE TEMPORARY TABLE import_lines (
    number bigint,
    ip_address text COLLATE "C",
    hostname text COLLATE "C",
    aliases text,
    comment text,
    tags text,
    priority integer
) ON COMMIT DROP
