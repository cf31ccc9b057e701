-- What: host_events, the append-only log that everything else is derived from.
-- Why: bad history is refused here, by the database, whoever writes: the shell, an old client, two racing threads.
-- DBA: creates empty objects only; no lock on existing data; undo drops the log, so it asks for a backup first.

-- Its default for position; 0002_positions says what makes the numbers safe to follow.
CREATE SEQUENCE host_events_number;

-- Differs because DuckDB forgets the names of constraints: its errors quote the key's columns or the expression.
CREATE TABLE host_events (
    event_id TEXT NOT NULL,
    aggregate_id TEXT NOT NULL,
    event_type TEXT NOT NULL,
    event_version TEXT NOT NULL,
    -- NULL in the next five columns means: this event does not change it.
    ip_address TEXT,
    hostname TEXT,
    comment TEXT,
    tags TEXT,
    aliases TEXT,
    event_timestamp TIMESTAMPTZ NOT NULL DEFAULT now(),
    metadata TEXT NOT NULL DEFAULT '{}',
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    created_by TEXT,
    expected_version TEXT,
    position BIGINT NOT NULL DEFAULT nextval('host_events_number'),

    CONSTRAINT host_events_pkey PRIMARY KEY (event_id),
    -- One index for the constraint, for the foreign key below and for reading one host's events in order.
    CONSTRAINT idx_events_aggregate UNIQUE (aggregate_id, event_version),
    CONSTRAINT host_events_position UNIQUE (position),
    CONSTRAINT host_events_predecessor FOREIGN KEY (aggregate_id, expected_version)
    REFERENCES host_events (aggregate_id, event_version),
    -- A writer whose clock is behind is refused instead of being sorted in behind the others.
    CONSTRAINT host_events_version_grows CHECK (event_version > expected_version),
    CONSTRAINT host_events_version_is_ulid CHECK (regexp_full_match(event_version, '[0-7][0-9A-HJKMNP-TV-Z]{25}')),
    CONSTRAINT host_events_first_creates CHECK ((event_type = 'HostCreated') = (expected_version IS NULL)),
    CONSTRAINT host_events_not_empty CHECK (
        event_id <> '' AND aggregate_id <> '' AND ip_address <> '' AND hostname <> ''
    ),
    -- Differs because DuckDB takes NUL characters in text where PostgreSQL refuses them.
    CONSTRAINT host_events_no_nul CHECK (
        NOT contains(
            concat(event_id, aggregate_id, ip_address, hostname, comment, tags, aliases, metadata, created_by), chr(0)
        )
    ),
    -- json_type of the empty string is NULL.
    CONSTRAINT host_events_json CHECK (
        tags <> '' AND aliases <> '' AND metadata <> ''
        AND json_type(tags) = 'ARRAY' AND json_type(aliases) = 'ARRAY' AND json_type(metadata) = 'OBJECT'
    ),
    -- Not 'infinity', nor a year that clients and the other engines cannot hold.
    CONSTRAINT host_events_time CHECK (
        least(event_timestamp, created_at) >= '0001-01-01 00:00:00+00'
        AND greatest(event_timestamp, created_at) < '10000-01-01 00:00:00+00'
    ),
    -- Each type brings the columns that it sets, and no other.
    CONSTRAINT host_events_columns CHECK (
        CASE event_type
            WHEN 'HostCreated' THEN ip_address IS NOT NULL AND hostname IS NOT NULL
            WHEN 'IpAddressChanged' THEN ip_address IS NOT NULL AND coalesce(hostname, comment, tags, aliases) IS NULL
            WHEN 'HostnameChanged' THEN hostname IS NOT NULL AND coalesce(ip_address, comment, tags, aliases) IS NULL
            WHEN 'CommentUpdated' THEN comment IS NOT NULL AND coalesce(ip_address, hostname, tags, aliases) IS NULL
            WHEN 'TagsModified' THEN tags IS NOT NULL AND coalesce(ip_address, hostname, comment, aliases) IS NULL
            WHEN 'AliasesModified' THEN aliases IS NOT NULL AND coalesce(ip_address, hostname, comment, tags) IS NULL
            WHEN 'HostDeleted'
                THEN ip_address IS NOT NULL AND hostname IS NOT NULL AND coalesce(comment, tags, aliases) IS NULL
            ELSE FALSE
        END
    )
);

-- One successor per predecessor, and one first event per host ('' stands for the predecessor that it lacks): two
-- racing writers can never both commit.
CREATE UNIQUE INDEX host_events_one_successor ON host_events (aggregate_id, (coalesce(expected_version, '')));

CREATE INDEX idx_events_time ON host_events (created_at);

-- Differs because a DuckDB trigger is one INSERT, UPDATE or DELETE and cannot raise: a guard inserts error('...')
-- here instead, so this table stays empty.
CREATE TABLE refusals (message TEXT CHECK (FALSE));

CREATE TRIGGER host_events_no_update AFTER UPDATE ON host_events
FOR EACH STATEMENT INSERT INTO refusals
SELECT error('host_events_append_only: host_events is append-only: UPDATE is refused');

-- TRUNCATE fires this one too.
CREATE TRIGGER host_events_no_delete AFTER DELETE ON host_events
FOR EACH STATEMENT INSERT INTO refusals
SELECT error('host_events_append_only: host_events is append-only: DELETE is refused');
