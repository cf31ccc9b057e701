-- depends: 0008_compatibility
-- What: event_contents, each event as bytes, and its leaf hash in the Merkle tree of the log.
-- Why: a reader computes the root of the log from the leaves, and erased_events keeps the leaf of an erased event.
-- DBA: functions and a view; ACCESS SHARE on host_events. The form never changes: proofs that exist depend on it.

-- A byte 0 for NULL; else a byte 1, the length as 8 bytes, and the text in UTF-8. STABLE, as convert_to is: else the
-- planner would not put the expression in the place of the call.
CREATE FUNCTION leaf_column(value text) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        coalesce(
            decode('01', 'hex') || int8send(octet_length(value)) || convert_to(value, 'UTF8'), decode('00', 'hex')
        );
END;
COMMENT ON FUNCTION leaf_column(text) IS 'A column of an event in its leaf.';

-- A time that has no such form cannot be stored while the guards are there. Its number of seconds tells it from others.
CREATE FUNCTION leaf_time(value timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        CASE
            WHEN value >= '0001-01-01 00:00:00+00' AND value < '10000-01-01 00:00:00+00'
                THEN to_char(timezone('UTC', value), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
            ELSE extract(EPOCH FROM value)::text
        END;
END;
COMMENT ON FUNCTION leaf_time(timestamptz) IS 'A time of an event in its leaf: YYYY-MM-DDTHH:MM:SS.ffffffZ.';

-- The position is not part of the content: a copy has other positions and the same leaves.
CREATE VIEW event_contents AS
SELECT
    position,
    event_id,
    aggregate_id,
    leaf_content,
    encode(sha256(decode('00', 'hex') || leaf_content), 'hex') AS leaf
FROM (
    SELECT
        position,
        event_id,
        aggregate_id,
        leaf_column(event_id)
        || leaf_column(aggregate_id)
        || leaf_column(event_type)
        || leaf_column(event_version)
        || leaf_column(ip_address)
        || leaf_column(hostname)
        || leaf_column(comment)
        || leaf_column(tags)
        || leaf_column(aliases)
        || leaf_column(priority::text)
        || leaf_column(leaf_time(event_timestamp))
        || leaf_column(metadata)
        || leaf_column(leaf_time(created_at))
        || leaf_column(created_by)
        || leaf_column(expected_version) AS leaf_content
    FROM host_events
) AS events;
COMMENT ON VIEW event_contents IS 'Each event as bytes, and its leaf hash (RFC 6962) as 64 hexadecimal digits.';
