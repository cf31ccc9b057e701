-- Adds each pair once, as its first line has it, unless a live host has it already. The new ids are ULIDs: sixteen
-- characters of the writer's, then a number in ten hexadecimal digits, which are digits of a ULID too. Numbered in the
-- order of the pairs, every index of both tables grows at its end. Differs because SQLite's clock counts milliseconds,
-- so the writer's time comes along, and because it has no lpad.
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
    event_timestamp,
    created_at,
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
    :now,
    :now,
    :created_by
FROM (
    SELECT
        l.*,
        printf('%010X', row_number() OVER (ORDER BY l.ip_address, l.hostname, l.number)) AS ending,
        row_number() OVER (PARTITION BY l.ip_address, l.hostname ORDER BY l.number) AS occurrence
    FROM import_lines AS l
) AS ranked
WHERE
    ranked.occurrence = 1
    AND NOT EXISTS (
        SELECT 1 FROM host_entries AS h
        WHERE h.ip_address = ranked.ip_address AND h.hostname = ranked.hostname
    )
