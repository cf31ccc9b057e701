-- depends: 0008_compatibility
-- What: event_content and event_leaf, an event as bytes and its leaf hash in the Merkle tree of the log.
-- Why: a reader computes the root of the log from the leaves, and erased_events keeps the leaf of an erased event.
-- DBA: functions only; ACCESS SHARE on host_events. The form never changes: proofs that exist depend on it.

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

-- The position is not part of it: a copy has other positions and the same leaves.
CREATE FUNCTION event_content(event host_events) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT -- noqa: disable=RF01
        leaf_column(event.event_id)
        || leaf_column(event.aggregate_id)
        || leaf_column(event.event_type)
        || leaf_column(event.event_version)
        || leaf_column(event.ip_address)
        || leaf_column(event.hostname)
        || leaf_column(event.comment)
        || leaf_column(event.tags)
        || leaf_column(event.aliases)
        || leaf_column(event.priority::text)
        || leaf_column(leaf_time(event.event_timestamp))
        || leaf_column(event.metadata)
        || leaf_column(leaf_time(event.created_at))
        || leaf_column(event.created_by)
        || leaf_column(event.expected_version);
END;
COMMENT ON FUNCTION event_content(host_events) IS 'The content of an event''s leaf: SELECT event_content(e).';

CREATE FUNCTION event_leaf(event host_events) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT encode(sha256(decode('00', 'hex') || event_content(event)), 'hex');
END;
COMMENT ON FUNCTION event_leaf(host_events) IS 'The leaf hash of an event (RFC 6962), as 64 hexadecimal digits.';
