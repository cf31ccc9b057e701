-- What: host_events, the append-only log that everything else is derived from.
-- Why: bad history is refused here, by the database, whoever writes: psql, an old client, two racing instances.
-- DBA: creates empty objects only; no lock on existing data; undo drops the log, so it asks for a backup first.

-- Collation "C" everywhere: ULIDs, addresses and names compare byte by byte, as on the other engines.
CREATE TABLE host_events (
    event_id text COLLATE "C" NOT NULL,
    aggregate_id text COLLATE "C" NOT NULL,
    event_type text COLLATE "C" NOT NULL,
    event_version text COLLATE "C" NOT NULL,
    -- NULL in the next five columns means: this event does not change it.
    ip_address text COLLATE "C",
    hostname text COLLATE "C",
    comment text COLLATE "C",
    tags text COLLATE "C",
    aliases text COLLATE "C",
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
    -- One successor per predecessor, and one first event per host: two racing writers can never both commit.
    CONSTRAINT host_events_one_successor UNIQUE NULLS NOT DISTINCT (aggregate_id, expected_version),
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
        event_id <> '' AND aggregate_id <> '' AND ip_address <> '' AND hostname <> ''
    ),
    CONSTRAINT host_events_json CHECK (
        jsonb_typeof(tags::jsonb) = 'array'
        AND jsonb_typeof(aliases::jsonb) = 'array'
        AND jsonb_typeof(metadata::jsonb) = 'object'
    ),
    -- Not 'infinity', nor a year that clients and the other engines cannot hold.
    CONSTRAINT host_events_time CHECK (
        least(event_timestamp, created_at) >= '0001-01-01 00:00:00+00'
        AND greatest(event_timestamp, created_at) < '10000-01-01 00:00:00+00'
    ),
    -- Each type brings the columns that it sets, and no other.
    CONSTRAINT host_events_columns CHECK (
        CASE event_type
            WHEN 'HostCreated' THEN num_nulls(ip_address, hostname) = 0
            WHEN 'IpAddressChanged' THEN ip_address IS NOT NULL AND num_nonnulls(hostname, comment, tags, aliases) = 0
            WHEN 'HostnameChanged' THEN hostname IS NOT NULL AND num_nonnulls(ip_address, comment, tags, aliases) = 0
            WHEN 'CommentUpdated' THEN comment IS NOT NULL AND num_nonnulls(ip_address, hostname, tags, aliases) = 0
            WHEN 'TagsModified' THEN tags IS NOT NULL AND num_nonnulls(ip_address, hostname, comment, aliases) = 0
            WHEN 'AliasesModified' THEN aliases IS NOT NULL AND num_nonnulls(ip_address, hostname, comment, tags) = 0
            WHEN 'HostDeleted' THEN num_nulls(ip_address, hostname) = 0 AND num_nonnulls(comment, tags, aliases) = 0
            ELSE FALSE
        END
    )
);

CREATE INDEX idx_events_time ON host_events (created_at);

-- SQLSTATE 23000 (integrity constraint violation) with a constraint name, so that clients need not read the words.
CREATE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'host_events is append-only: % is refused', tg_op
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'host_events_append_only',
            HINT = 'Append an event that states the change.';
END
$$;

CREATE TRIGGER host_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON host_events
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
