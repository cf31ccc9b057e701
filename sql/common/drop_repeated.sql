-- Deletes the lines that merge_import has merged.
DELETE FROM import_lines
WHERE
    NOT is_merged
    AND (ip_address, hostname) IN (
        SELECT
            m.ip_address,
            m.hostname
        FROM import_lines AS m
        WHERE m.is_merged
    )
