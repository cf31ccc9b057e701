CREATE OR REPLACE VIEW host_entries_current AS
SELECT
    id COLLATE "C" AS id,
    ip_address COLLATE "C" AS ip_address,
    hostname COLLATE "C" AS hostname,
    comment COLLATE "C" AS comment,
    tags COLLATE "C" AS tags,
    aliases COLLATE "C" AS aliases,
    priority,
    created_at,
    updated_at,
    event_version COLLATE "C" AS event_version,
    first_position
FROM host_entries_at('infinity');
