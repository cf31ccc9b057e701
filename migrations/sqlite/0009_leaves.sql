-- depends: 0008_compatibility
-- What: event_contents, the columns of each event of which its leaf hash in the Merkle tree of the log is made.
-- Why: a reader computes the root of the log from the leaves, and erased_events keeps the leaf of an erased event.
-- DBA: a view, no data. The order of its columns never changes: proofs that exist depend on it.

-- Differs because SQLite has no SHA-256: the library computes the leaves. As bytes: a text that is not UTF-8 also has a
-- leaf. No index has the bytes, so an event is looked up by its position.
CREATE VIEW event_contents AS
SELECT
    position,
    cast(event_id AS BLOB) AS event_id,
    cast(aggregate_id AS BLOB) AS aggregate_id,
    cast(event_type AS BLOB) AS event_type,
    cast(event_version AS BLOB) AS event_version,
    cast(ip_address AS BLOB) AS ip_address,
    cast(hostname AS BLOB) AS hostname,
    cast(comment AS BLOB) AS comment,
    cast(tags AS BLOB) AS tags,
    cast(aliases AS BLOB) AS aliases,
    cast(priority AS BLOB) AS priority,
    cast(event_timestamp AS BLOB) AS event_timestamp,
    cast(metadata AS BLOB) AS metadata,
    cast(created_at AS BLOB) AS created_at,
    cast(created_by AS BLOB) AS created_by,
    cast(expected_version AS BLOB) AS expected_version
FROM host_events;
