-- Adds each pair once, as its first line has it, unless a live host has it already. The new ids are ULIDs: sixteen
-- characters of the writer's, then a number in ten hexadecimal digits, which are digits of a ULID too. Ids and
-- positions follow the order of the file, because the first host of an address has its canonical name.
INSERT INTO host_events (
    event_id,
    aggregate_id,
    event_type,
    event_version,
    ip_address,
    hostname,
    comment,
    tags,
    aliases,
    priority,
    created_by
)
SELECT
    :event_prefix || ranked.ending,
    :aggregate_prefix || ranked.ending,
    'HostCreated',
    :event_prefix || ranked.ending,
    ranked.ip_address,
    ranked.hostname,
    ranked.comment,
    coalesce(ranked.tags, :tags),
    ranked.aliases,
    ranked.priority,
    :created_by
FROM (
    SELECT
        l.*,
        lpad(upper(to_hex(row_number() OVER (ORDER BY l.number, l.ip_address, l.hostname))), 10, '0') AS ending,
        row_number() OVER (PARTITION BY l.ip_address, l.hostname ORDER BY l.number) AS occurrence
    FROM import_lines AS l
) AS ranked
WHERE
    ranked.occurrence = 1
    AND NOT EXISTS (
        SELECT 1 FROM host_entries AS h
        WHERE h.ip_address = ranked.ip_address AND h.hostname = ranked.hostname
    )
ORDER BY ranked.number, ranked.ip_address, ranked.hostname
