-- Adds each pair unless a live host has it already, so many at most: run again it adds the next ones. The new ids are
-- ULIDs: sixteen characters of the writer's, then a number in ten hexadecimal digits, which are digits of a ULID too.
-- Ids and positions follow the order of the file, because the first host of an address has its canonical name. Differs
-- because SQLite's clock counts milliseconds, so the writer's time comes along, because it has no lpad, and because it
-- holds all rows of a statement in memory before a trigger sees the first.
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
    event_timestamp,
    created_at,
    created_by
)
SELECT
    :event_prefix || numbered.ending,
    :aggregate_prefix || numbered.ending,
    'HostCreated',
    :event_prefix || numbered.ending,
    numbered.ip_address,
    numbered.hostname,
    numbered.comment,
    coalesce(numbered.tags, :tags),
    numbered.aliases,
    numbered.priority,
    :now,
    :now,
    :created_by
FROM (
    SELECT
        l.*,
        printf('%010X', row_number() OVER (ORDER BY l.number, l.ip_address, l.hostname)) AS ending
    FROM import_lines AS l
) AS numbered
WHERE
    NOT EXISTS (
        SELECT 1 FROM host_entries AS h
        WHERE h.ip_address = numbered.ip_address AND h.hostname = numbered.hostname
    )
ORDER BY numbered.number, numbered.ip_address, numbered.hostname
LIMIT :limit
