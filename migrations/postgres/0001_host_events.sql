-- What: host_events, the append-only log that everything else is derived from; erasures, the only exception to it.
-- Why: the database refuses bad history and bad content from every client: psql, an old program, two racing instances.
-- DBA: creates empty objects only; no lock on existing data. Undo drops the log. Back up first.

-- These functions check the content of an event. A CHECK that calls a function is planned faster than a long
-- expression. Each has a search_path of its own, so that no operator of the client replaces ours.

CREATE FUNCTION is_event_columns(
    event_type text, ip_address text, hostname text, comment text, tags text, aliases text, priority integer
) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF event_type = 'HostCreated' THEN
        RETURN num_nulls(ip_address, hostname) = 0;
    END IF;
    IF event_type = 'HostDeleted' THEN
        RETURN num_nulls(ip_address, hostname) = 0 AND num_nonnulls(comment, tags, aliases, priority) = 0;
    END IF;
    RETURN num_nonnulls(ip_address, hostname, comment, tags, aliases, priority) = 1
        AND event_type = CASE
            WHEN comment IS NOT NULL THEN 'CommentUpdated'
            WHEN tags IS NOT NULL THEN 'TagsModified'
            WHEN aliases IS NOT NULL THEN 'AliasesModified'
            WHEN priority IS NOT NULL THEN 'PriorityChanged'
            WHEN ip_address IS NOT NULL THEN 'IpAddressChanged'
            ELSE 'HostnameChanged'
        END;
END
$$;
COMMENT ON FUNCTION is_event_columns(text, text, text, text, text, text, integer)
IS 'Whether an event has the columns of its type, and no other.';

-- The cast to jsonb refuses text that is not JSON, \u0000 and lone surrogates. Strict jsonpath: the lax one looks into
-- nested arrays.
CREATE FUNCTION is_text_array(value text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    parsed jsonb := value;
BEGIN
    RETURN jsonb_typeof(parsed) = 'array'
        AND NOT jsonb_path_exists(parsed, 'strict $[*] ? (@.type() != "string")');
END
$$;
COMMENT ON FUNCTION is_text_array(text) IS 'Whether a text is a JSON array of strings.';

-- jsonb keeps one of two equal keys, json keeps both. Without spaces the texts are equal only if no key was dropped, so
-- the keys of most events need not be counted. A number of old_priority is read as it is written: 1.0 is no integer.
-- Most events have one previous value, a text. Then the first condition is enough: an expression costs in each
-- statement that evaluates it.
CREATE FUNCTION is_event_metadata(metadata text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    key text := split_part(metadata, '"', 2);
    parsed jsonb;
    old_priority text;
BEGIN
    IF
        key IN ('old_comment', 'old_ip', 'old_hostname', 'reason')
        AND metadata = concat('{"', key, '":', to_json(metadata::json ->> key), '}')
    THEN
        RETURN TRUE;
    END IF;
    parsed := metadata;
    IF
        jsonb_typeof(parsed) <> 'object'
        OR jsonb_path_exists(parsed, 'strict $.* ? (@.type() == "object")')
        OR jsonb_path_exists(parsed, 'strict $.* ? (@.type() == "array") ? (exists (@[*] ? (@.type() != "string")))')
        OR jsonb_path_exists(parsed, 'strict $.* ? (@.type() == "number") ? (@ > 1e308 || @ < -1e308)')
        OR coalesce(jsonb_typeof(parsed -> 'old_ip'), 'null') NOT IN ('string', 'null')
        OR coalesce(jsonb_typeof(parsed -> 'old_hostname'), 'null') NOT IN ('string', 'null')
        OR coalesce(jsonb_typeof(parsed -> 'old_comment'), 'null') NOT IN ('string', 'null')
        OR coalesce(jsonb_typeof(parsed -> 'old_tags'), 'null') NOT IN ('array', 'null')
        OR coalesce(jsonb_typeof(parsed -> 'old_aliases'), 'null') NOT IN ('array', 'null')
        OR coalesce(jsonb_typeof(parsed -> 'old_priority'), 'null') NOT IN ('number', 'null')
        OR coalesce(jsonb_typeof(parsed -> 'reason'), 'null') NOT IN ('string', 'null')
    THEN
        RETURN FALSE;
    END IF;
    IF replace(parsed::text, ' ', '') <> replace(metadata, ' ', '') THEN
        IF
            (SELECT count(*) FROM json_object_keys(metadata::json))
            <> (SELECT count(*) FROM jsonb_object_keys(parsed))
        THEN
            RETURN FALSE;
        END IF;
    END IF;
    old_priority := metadata::json ->> 'old_priority';
    RETURN old_priority IS NULL
        OR old_priority ~ '^-?[0-9]+$' AND old_priority::numeric BETWEEN -2147483648 AND 2147483647;
END
$$;
COMMENT ON FUNCTION is_event_metadata(text)
IS 'Whether a text is a JSON object without repeated keys whose previous values have the types of their columns.';

CREATE FUNCTION is_event_size(
    event_id text, aggregate_id text, ip_address text, hostname text, comment text, tags text, aliases text,
    metadata text, created_by text
) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN
        greatest(
            octet_length(event_id), octet_length(aggregate_id), octet_length(ip_address), octet_length(hostname),
            octet_length(created_by), octet_length(metadata::json ->> 'reason')
        ) <= 1000
        AND greatest(octet_length(comment), octet_length(tags), octet_length(aliases), octet_length(metadata)) <= 65536
        AND NOT EXISTS (SELECT FROM json_array_elements_text(tags::json) AS t WHERE octet_length(t) > 1000)
        AND NOT EXISTS (SELECT FROM json_array_elements_text(aliases::json) AS t WHERE octet_length(t) > 1000);
END
$$;
COMMENT ON FUNCTION is_event_size(text, text, text, text, text, text, text, text, text)
IS 'Whether no text of an event is too long.';

-- Collation "C" everywhere: ULIDs, addresses and names compare byte by byte, as on the other engines.
CREATE TABLE host_events (
    event_id text COLLATE "C" NOT NULL,
    aggregate_id text COLLATE "C" NOT NULL,
    event_type text COLLATE "C" NOT NULL,
    event_version text COLLATE "C" NOT NULL,
    -- NULL in the next six columns means: this event does not change it.
    ip_address text COLLATE "C",
    hostname text COLLATE "C",
    comment text COLLATE "C",
    tags text COLLATE "C",
    aliases text COLLATE "C",
    priority integer,
    event_timestamp timestamptz NOT NULL DEFAULT now(),
    metadata text COLLATE "C" NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text COLLATE "C",
    expected_version text COLLATE "C",
    position bigint NOT NULL,

    CONSTRAINT host_events_pkey PRIMARY KEY (event_id),
    -- One index for the constraint, for the foreign key below and for reading one host's events in order.
    CONSTRAINT idx_events_aggregate UNIQUE (aggregate_id, event_version),
    CONSTRAINT host_events_position UNIQUE (position),
    -- One successor per predecessor, and one first event per host: two racing writers can never both commit. The
    -- version comes first: with the host first, the foreign key read the whole chain of the host for each new event.
    CONSTRAINT host_events_one_successor UNIQUE NULLS NOT DISTINCT (expected_version, aggregate_id),
    CONSTRAINT host_events_predecessor FOREIGN KEY (aggregate_id, expected_version)
    REFERENCES host_events (aggregate_id, event_version),
    -- A writer whose clock is behind is refused instead of being sorted in behind the others.
    CONSTRAINT host_events_version_grows CHECK (event_version > expected_version),
    -- In three parts: one pattern with {25} took five times as long.
    CONSTRAINT host_events_version_is_ulid CHECK (
        length(event_version) = 26 AND event_version < '8' AND event_version !~ '[^0-9A-HJKMNP-TV-Z]'
    ),
    CONSTRAINT host_events_first_creates CHECK ((event_type = 'HostCreated') = (expected_version IS NULL)),
    CONSTRAINT host_events_not_empty CHECK (
        least(event_id, aggregate_id, ip_address, hostname) > ''
    ),
    -- Most events pass by the first condition: all texts together are short enough. The checks run by name, so
    -- host_events_json has found tags, aliases and metadata good.
    CONSTRAINT host_events_size CHECK (
        octet_length(concat(event_id, aggregate_id, ip_address, hostname, comment, tags, aliases, metadata, created_by))
        <= 1000
        OR is_event_size(event_id, aggregate_id, ip_address, hostname, comment, tags, aliases, metadata, created_by)
    ),
    CONSTRAINT host_events_json CHECK (
        (tags = '[]' OR is_text_array(tags))
        AND (aliases = '[]' OR is_text_array(aliases))
        AND (metadata = '{}' OR is_event_metadata(metadata))
    ),
    -- A day inside the years 1 to 9999, so that every time zone can show it; not 'infinity'.
    CONSTRAINT host_events_time CHECK (
        event_timestamp >= '0001-01-02 00:00:00+00' AND created_at >= '1970-01-01 00:00:00+00'
        AND greatest(event_timestamp, created_at) < '9999-12-31 00:00:00+00'
    ),
    -- The first condition spares a call for each creation of an import.
    CONSTRAINT host_events_columns CHECK (
        (event_type = 'HostCreated' AND num_nulls(ip_address, hostname) = 0)
        OR is_event_columns(event_type, ip_address, hostname, comment, tags, aliases, priority)
    )
);
COMMENT ON TABLE host_events IS 'The log: one row per event of a host. Append-only.';
COMMENT ON COLUMN host_events.event_id IS 'The id of the event, a ULID.';
COMMENT ON COLUMN host_events.aggregate_id IS 'The id of the host, a ULID.';
COMMENT ON COLUMN host_events.event_type IS 'What happened, for example HostCreated; it decides which columns are set.';
COMMENT ON COLUMN host_events.event_version IS 'A ULID for the state of the host after the event.';
COMMENT ON COLUMN host_events.ip_address IS 'The new address; NULL: not changed.';
COMMENT ON COLUMN host_events.hostname IS 'The new hostname; NULL: not changed.';
COMMENT ON COLUMN host_events.comment IS 'The new comment; empty: cleared; NULL: not changed.';
COMMENT ON COLUMN host_events.tags IS 'The new tags, a JSON array of strings; NULL: not changed.';
COMMENT ON COLUMN host_events.aliases IS 'The new aliases, a JSON array of strings; NULL: not changed.';
COMMENT ON COLUMN host_events.priority IS 'The new priority, lower first; NULL: not changed.';
COMMENT ON COLUMN host_events.event_timestamp IS 'When it happened, as the writer says.';
COMMENT ON COLUMN host_events.metadata IS 'A JSON object: the previous values, the reason of a deletion.';
COMMENT ON COLUMN host_events.created_at IS 'When the event was stored.';
COMMENT ON COLUMN host_events.created_by IS 'Who stored it.';
COMMENT ON COLUMN host_events.expected_version IS 'The version that the event follows; NULL for the first event.';
COMMENT ON COLUMN host_events.position IS 'The place in the log; given by the database.';

CREATE INDEX idx_events_time ON host_events (created_at);

CREATE TABLE erasures (
    aggregate_id text COLLATE "C" NOT NULL,
    erased_at timestamptz NOT NULL DEFAULT now(),
    erased_by text COLLATE "C",
    reason text COLLATE "C" NOT NULL,

    CONSTRAINT erasures_pkey PRIMARY KEY (aggregate_id),
    CONSTRAINT erasures_not_empty CHECK (aggregate_id <> '' AND reason <> ''),
    CONSTRAINT erasures_size CHECK (
        greatest(octet_length(aggregate_id), octet_length(erased_by), octet_length(reason)) <= 1000
    ),
    CONSTRAINT erasures_time CHECK (
        erased_at >= '1970-01-01 00:00:00+00' AND erased_at < '9999-12-31 00:00:00+00'
    )
);
COMMENT ON TABLE erasures IS 'The deleted hosts whose events may be removed from host_events. Append-only.';
COMMENT ON COLUMN erasures.aggregate_id IS 'The id of the host.';
COMMENT ON COLUMN erasures.erased_at IS 'When it was erased.';
COMMENT ON COLUMN erasures.erased_by IS 'Who erased it.';
COMMENT ON COLUMN erasures.reason IS 'Why it was erased.';

CREATE TABLE erased_events (
    position bigint NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    leaf text COLLATE "C" NOT NULL,

    CONSTRAINT erased_events_pkey PRIMARY KEY (position),
    CONSTRAINT erased_events_event_id UNIQUE (event_id),
    CONSTRAINT erased_events_not_empty CHECK (event_id <> ''),
    CONSTRAINT erased_events_size CHECK (octet_length(event_id) <= 1000),
    CONSTRAINT erased_events_leaf CHECK (length(leaf) = 64 AND leaf !~ '[^0-9a-f]')
);
COMMENT ON TABLE erased_events IS 'The hashes of the events of erased hosts, so that proofs stay valid. Append-only.';
COMMENT ON COLUMN erased_events.position IS 'The position of the event; no other event gets it.';
COMMENT ON COLUMN erased_events.event_id IS 'The id of the event.';
COMMENT ON COLUMN erased_events.leaf IS 'Its leaf hash, 64 lower-case hexadecimal digits.';

-- An event that only the copy had would stop the next copy. See host_events_before_insert.
CREATE TABLE replica_of (
    origin text COLLATE "C" NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT replica_of_pkey PRIMARY KEY (origin),
    CONSTRAINT replica_of_not_empty CHECK (origin <> ''),
    CONSTRAINT replica_of_size CHECK (octet_length(origin) <= 1000),
    CONSTRAINT replica_of_time CHECK (since >= '1970-01-01 00:00:00+00' AND since < '9999-12-31 00:00:00+00')
);
COMMENT ON TABLE replica_of IS 'Empty, or one row: this database is a copy, and only its owner''s copy adds events.';
COMMENT ON COLUMN replica_of.origin IS 'Where the copy comes from.';
COMMENT ON COLUMN replica_of.since IS 'Since when.';

CREATE UNIQUE INDEX replica_of_one_row ON replica_of ((TRUE));

-- A trigger function of the owner runs with the owner's rights. So the client's role is looked up: SET ROLE's, else the
-- one that logged in.
CREATE FUNCTION is_copy() RETURNS boolean
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT
        coalesce(current_setting('hostsdb.copy', TRUE), '') = 'on'
        AND pg_has_role(
            CASE current_setting('role') WHEN 'none' THEN session_user ELSE current_setting('role')::name END,
            (SELECT c.relowner FROM pg_class AS c WHERE c.oid = 'host_events'::regclass),
            'MEMBER'
        );
END;
COMMENT ON FUNCTION is_copy()
IS 'Whether the owner copies a log into this database: SET LOCAL hostsdb.copy = ''on''. Some guards then step back.';

-- SQLSTATE 23000 (integrity constraint violation) with a constraint name, so that clients need not read the words. The
-- guard of a table is named as the table.
CREATE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF tg_table_name = 'host_events' THEN
        RAISE EXCEPTION 'host_events is append-only: % is refused', tg_op
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'host_events_append_only',
                HINT = 'Append an event that states the change.';
    END IF;
    RAISE EXCEPTION '% is append-only: % is refused', tg_table_name, tg_op
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = tg_table_name || '_guard';
END
$$;
COMMENT ON FUNCTION refuse_change() IS 'Trigger function: refuses every change of an append-only table.';

CREATE TRIGGER host_events_append_only BEFORE UPDATE OR TRUNCATE ON host_events
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER erasures_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON erasures
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER erased_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON erased_events
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Each function below first adds the schema of its table to its search_path. So it works in a schema of any name, and
-- after the schema was renamed.

CREATE FUNCTION host_events_before_delete() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    path text := set_config('search_path', format('pg_catalog, %I, pg_temp', tg_table_schema), TRUE);
BEGIN
    IF NOT EXISTS (
        SELECT FROM erased_events AS x INNER JOIN erasures AS r ON r.aggregate_id = old.aggregate_id
        WHERE x.position = old.position AND x.event_id = old.event_id
    ) THEN
        RAISE EXCEPTION 'host_events is append-only: DELETE is refused'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'host_events_append_only',
                HINT = 'Append an event that states the change.';
    END IF;
    RETURN old;
END
$$;
COMMENT ON FUNCTION host_events_before_delete()
IS 'Trigger function: an event is deleted only if its host is erased and its hash is stored.';

CREATE TRIGGER host_events_before_delete BEFORE DELETE ON host_events
FOR EACH ROW EXECUTE FUNCTION host_events_before_delete();

CREATE FUNCTION host_events_after_delete() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    path text := set_config('search_path', format('pg_catalog, %I, pg_temp', tg_table_schema), TRUE);
BEGIN
    IF
        NOT EXISTS (SELECT FROM old_events)
        OR EXISTS (SELECT FROM old_events AS o INNER JOIN host_events AS e ON o.aggregate_id = e.aggregate_id)
    THEN
        RAISE EXCEPTION 'host_events is append-only: a host is erased with all its events, or not at all'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'host_events_append_only';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION host_events_after_delete() IS 'Trigger function: all events of an erased host are deleted at once.';

CREATE TRIGGER host_events_after_delete AFTER DELETE ON host_events
REFERENCING OLD TABLE AS old_events
FOR EACH STATEMENT EXECUTE FUNCTION host_events_after_delete();

-- A copy carries the erasures of another log along: of events that were never here, and of a host whose deletion was
-- erased before it was copied.
CREATE FUNCTION erasures_guard() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    path text := set_config('search_path', format('pg_catalog, %I, pg_temp', tg_table_schema), TRUE);
BEGIN
    IF EXISTS (
        SELECT FROM new_rows AS n
        WHERE NOT EXISTS (
            SELECT FROM host_events AS e WHERE e.aggregate_id = n.aggregate_id AND e.event_type = 'HostDeleted'
        )
    ) AND NOT is_copy() THEN
        RAISE EXCEPTION 'only a deleted host can be erased'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'erasures_guard',
                HINT = 'Append HostDeleted first.';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION erasures_guard() IS 'Trigger function: only a deleted host can be erased.';

CREATE TRIGGER erasures_guard AFTER INSERT ON erasures
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION erasures_guard();

CREATE FUNCTION erased_events_guard() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    path text := set_config('search_path', format('pg_catalog, %I, pg_temp', tg_table_schema), TRUE);
BEGIN
    IF EXISTS (
        SELECT FROM new_rows AS n
        WHERE NOT EXISTS (
            SELECT FROM host_events AS e INNER JOIN erasures AS r ON e.aggregate_id = r.aggregate_id
            WHERE e.position = n.position AND e.event_id = n.event_id
        )
    ) AND NOT is_copy() THEN
        RAISE EXCEPTION 'this is no event of an erased host'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'erased_events_guard',
                HINT = 'Insert the host into erasures first; position and event_id are those of the event.';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION erased_events_guard() IS 'Trigger function: only events of erased hosts are noted as erased.';

CREATE TRIGGER erased_events_guard AFTER INSERT ON erased_events
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION erased_events_guard();
