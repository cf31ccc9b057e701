-- What: host_events, the append-only log from which everything else is derived, and the tables of erased hosts.
-- Why: bad history is refused here, by the database, for every client: the shell, an old client, two racing threads.
-- DBA: creates empty objects only; no lock on existing data. Undo drops the log: back up first.

-- The default of position; 0002_positions makes the numbers safe to follow.
CREATE SEQUENCE host_events_number;

-- Differs because DuckDB forgets the names of constraints: its errors quote the key's columns or the expression. The
-- functions have their schema, because a temporary macro of the same name would be called instead.
CREATE TABLE host_events (
    event_id TEXT NOT NULL,
    aggregate_id TEXT NOT NULL,
    -- The trigger host_events_1_rules checks the types: no later migration could change a CHECK.
    event_type TEXT NOT NULL,
    event_version TEXT NOT NULL,
    ip_address TEXT,
    hostname TEXT,
    comment TEXT,
    tags TEXT,
    aliases TEXT,
    priority INTEGER,
    event_timestamp TIMESTAMPTZ NOT NULL DEFAULT now(),
    metadata TEXT NOT NULL DEFAULT '{}',
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    created_by TEXT,
    expected_version TEXT,
    position BIGINT NOT NULL DEFAULT nextval('host_events_number'),

    CONSTRAINT host_events_pkey PRIMARY KEY (event_id),
    -- One index for the constraint and for reading one host's events in order.
    CONSTRAINT idx_events_aggregate UNIQUE (aggregate_id, event_version),
    CONSTRAINT host_events_position UNIQUE (position),
    -- A writer whose clock is behind is refused. Its event would come before the others.
    CONSTRAINT host_events_version_grows CHECK (event_version > expected_version),
    CONSTRAINT host_events_version_is_ulid CHECK (
        system.main.regexp_full_match(event_version, '[0-7][0-9A-HJKMNP-TV-Z]{25}')
    ),
    CONSTRAINT host_events_first_creates CHECK ((event_type = 'HostCreated') = (expected_version IS NULL)),
    CONSTRAINT host_events_not_empty CHECK (
        event_id <> '' AND aggregate_id <> '' AND ip_address <> '' AND hostname <> ''
    ),
    -- Differs because DuckDB allows NUL characters in text. JSON cannot contain one.
    CONSTRAINT host_events_no_nul CHECK (
        NOT system.main.contains(
            system.main.concat(event_id, aggregate_id, ip_address, hostname, comment, created_by), system.main.chr(0)
        )
    ),
    -- In bytes of UTF-8. The trigger host_events_1_rules checks each tag and alias, and the reason in metadata.
    CONSTRAINT host_events_size CHECK (
        system.main.greatest(
            system.main.strlen(event_id), system.main.strlen(aggregate_id), system.main.strlen(ip_address),
            system.main.strlen(hostname), system.main.strlen(created_by)
        ) <= 1000
        AND system.main.greatest(
            system.main.strlen(comment), system.main.strlen(tags), system.main.strlen(aliases),
            system.main.strlen(metadata)
        ) <= 65536
    ),
    -- Arrays of strings. json_valid allows a comma after the last element, NaN, Infinity and \u0000; the pattern does
    -- not. No JSON contains the separator.
    CONSTRAINT host_events_json CHECK (
        CASE
            WHEN coalesce(tags, '[]') = '[]' AND coalesce(aliases, '[]') = '[]' THEN TRUE
            ELSE
                system.main.json_valid(coalesce(tags, '[]')) AND system.main.json_valid(coalesce(aliases, '[]'))
                AND system.main.regexp_full_match(
                    system.main.concat(
                        coalesce(tags, '[]'), system.main.chr(1), coalesce(aliases, '[]'), system.main.chr(1)
                    ),
                    '(?:\s*\[\s*(?:,?\s*"(?:[^"\\]|\\[^u]|\\u(?:[^0]|0[^0]|00[^0]|000[^0]))*"\s*)*\]\s*\x01){2}'
                )
        END
    ),
    -- One object of strings, numbers, true, false, null and arrays of strings. No key is repeated. Previous values have
    -- the types of their columns.
    CONSTRAINT host_events_json_object CHECK (
        CASE
            WHEN metadata = '{}' THEN TRUE
            WHEN
                system.main.json_valid(metadata)
                AND system.main.regexp_full_match(
                    metadata,
                    '\s*\{\s*(?:,?\s*"(?:[^"\\]|\\[^u]|\\u(?:[^0]|0[^0]|00[^0]|000[^0]))*"\s*:\s*'
                    '(?:"(?:[^"\\]|\\[^u]|\\u(?:[^0]|0[^0]|00[^0]|000[^0]))*"|-?[0-9][0-9.eE+-]*|true|false|null|'
                    '\[\s*(?:,?\s*"(?:[^"\\]|\\[^u]|\\u(?:[^0]|0[^0]|00[^0]|000[^0]))*"\s*)*\])\s*)*\}\s*'
                )
                THEN
                    system.main.len(system.main.json_keys(metadata))
                    = system.main.list_unique(system.main.json_keys(metadata))
                    AND system.main.regexp_full_match(
                        system.main.json_type(
                            metadata,
                            [
                                '$.old_ip', '$.old_hostname', '$.old_comment', '$.reason',
                                '$.old_tags', '$.old_aliases', '$.old_priority'
                            ]
                        )::TEXT,
                        '.(?:(?:VARCHAR|.?NULL.?), ){4}(?:(?:ARRAY|.?NULL.?), ){2}(?:U?BIGINT|.?NULL.?).'
                    )
                    -- NULL if there is none.
                    AND coalesce(
                        try_cast(system.main.json_extract_string(metadata, '$.old_priority') AS HUGEINT)
                        BETWEEN -2147483648 AND 2147483647,
                        TRUE
                    )
                    -- Every number: what is left without the strings.
                    AND coalesce(
                        system.main.list_max(
                            system.main.regexp_extract_all(
                                system.main.regexp_replace(metadata, '"(?:[^"\\]|\\.)*"', '', 'g'), '[0-9][0-9.eE+-]*'
                            )::DOUBLE[]
                        ) <= 1e308,
                        TRUE
                    )
            ELSE FALSE
        END
    ),
    -- A day less than the years 1 to 9999, for every time zone.
    CONSTRAINT host_events_time CHECK (
        event_timestamp >= '0001-01-02 00:00:00+00' AND created_at >= '1970-01-01 00:00:00+00'
        AND system.main.greatest(event_timestamp, created_at) < '9999-12-31 00:00:00+00'
    )
);

-- One successor per predecessor, and one first event per host ('' stands for the missing predecessor): two racing
-- writers can never both commit.
CREATE UNIQUE INDEX host_events_one_successor ON host_events (aggregate_id, (coalesce(expected_version, '')));

CREATE INDEX idx_events_time ON host_events (created_at);

-- Differs because a DuckDB trigger is one INSERT, UPDATE or DELETE and cannot raise: a guard inserts error('...')
-- here instead, so this table stays empty.
CREATE TABLE refusals (message TEXT CHECK (FALSE));

CREATE TABLE erasures (
    aggregate_id TEXT NOT NULL,
    erased_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    erased_by TEXT,
    reason TEXT NOT NULL,

    CONSTRAINT erasures_pkey PRIMARY KEY (aggregate_id),
    CONSTRAINT erasures_not_empty CHECK (aggregate_id <> '' AND reason <> ''),
    CONSTRAINT erasures_no_nul CHECK (
        NOT system.main.contains(system.main.concat(aggregate_id, erased_by, reason), system.main.chr(0))
    ),
    CONSTRAINT erasures_size CHECK (
        system.main.greatest(
            system.main.strlen(aggregate_id), system.main.strlen(erased_by), system.main.strlen(reason)
        ) <= 1000
    ),
    CONSTRAINT erasures_time CHECK (
        erased_at >= '1970-01-01 00:00:00+00' AND erased_at < '9999-12-31 00:00:00+00'
    )
);

CREATE TABLE erased_events (
    position BIGINT NOT NULL,
    event_id TEXT NOT NULL,
    leaf TEXT NOT NULL,

    CONSTRAINT erased_events_pkey PRIMARY KEY (position),
    CONSTRAINT erased_events_event_id UNIQUE (event_id),
    CONSTRAINT erased_events_not_empty CHECK (event_id <> ''),
    CONSTRAINT erased_events_no_nul CHECK (NOT system.main.contains(event_id, system.main.chr(0))),
    CONSTRAINT erased_events_size CHECK (system.main.strlen(event_id) <= 1000),
    CONSTRAINT erased_events_leaf CHECK (system.main.regexp_full_match(leaf, '[0-9a-f]{64}'))
);

-- Temporary objects of these names would stand in for the tables here. A trigger looks names up when it fires.
CREATE TRIGGER host_events_1_rules AFTER INSERT ON host_events REFERENCING NEW TABLE AS new_events
FOR EACH STATEMENT INSERT INTO refusals
SELECT
    system.main.error(
        CASE
            WHEN n.is_long
                THEN 'host_events_size: a tag, an alias and a reason have at most 1,000 bytes'
            ELSE 'host_events_columns: each event type sets its columns, and no others'
        END
    )
FROM (
    SELECT
        CASE e.event_type
            WHEN 'HostCreated' THEN e.ip_address IS NOT NULL AND e.hostname IS NOT NULL
            WHEN 'HostDeleted'
                THEN
                    e.ip_address IS NOT NULL AND e.hostname IS NOT NULL
                    AND coalesce(e.comment, e.tags, e.aliases, e.priority::TEXT) IS NULL
            ELSE
                -- The columns that are there.
                concat_ws(
                    ' ',
                    e.event_type,
                    CASE WHEN e.ip_address IS NOT NULL THEN 'ip_address' END,
                    CASE WHEN e.hostname IS NOT NULL THEN 'hostname' END,
                    CASE WHEN e.comment IS NOT NULL THEN 'comment' END,
                    CASE WHEN e.tags IS NOT NULL THEN 'tags' END,
                    CASE WHEN e.aliases IS NOT NULL THEN 'aliases' END,
                    CASE WHEN e.priority IS NOT NULL THEN 'priority' END
                ) IN (
                    'IpAddressChanged ip_address', 'HostnameChanged hostname', 'CommentUpdated comment',
                    'TagsModified tags', 'AliasesModified aliases', 'PriorityChanged priority'
                )
        END AS has_columns,
        -- No element is longer than the text of its array.
        CASE
            WHEN greatest(strlen(e.tags), strlen(e.aliases), strlen(e.metadata)) <= 1000 THEN FALSE
            ELSE list_max(
                [
                    strlen(t)
                    FOR t IN json_extract_string(
                        concat(
                            '[', coalesce(e.tags, '[]'), ',', coalesce(e.aliases, '[]'), ',[',
                            json_extract(e.metadata, '$.reason'), ']]'
                        ),
                        '$[*][*]'
                    )
                ]
            ) > 1000
        END AS is_long
    FROM new_events AS e
) AS n
WHERE NOT n.has_columns OR n.is_long
UNION ALL
SELECT system.main.error('host_events_erased: the host is erased; use a new id')
FROM new_events AS n
INNER JOIN erasures AS h ON n.aggregate_id = h.aggregate_id
UNION ALL
SELECT system.main.error('host_events_erased: the event is erased; use a new id')
FROM new_events AS n
INNER JOIN erased_events AS r ON n.event_id = r.event_id
UNION ALL
SELECT system.main.error('host_events_guard: drop the temporary table or view ' || c.table_name)
FROM system.main.duckdb_columns() AS c
WHERE
    c.database_name = 'temp'
    AND c.table_name IN (
        'erased_events', 'erasures', 'host_entries', 'host_events', 'log_head', 'refusals', 'replica_of'
    );

CREATE TRIGGER host_events_no_update AFTER UPDATE ON host_events
FOR EACH STATEMENT INSERT INTO refusals
SELECT system.main.error('host_events_append_only: host_events is append-only: UPDATE is refused');

-- All events of an erased host, in one statement. TRUNCATE fires this one too.
CREATE TRIGGER host_events_no_delete AFTER DELETE ON host_events REFERENCING OLD TABLE AS old_events
FOR EACH STATEMENT INSERT INTO refusals
SELECT system.main.error('host_events_append_only: host_events is append-only: DELETE is refused')
FROM (
    SELECT
        o.aggregate_id,
        bool_and(x.event_id IS NOT NULL) AS is_recorded
    FROM old_events AS o
    LEFT JOIN erased_events AS x ON o.event_id = x.event_id AND o.position = x.position
    GROUP BY o.aggregate_id
) AS gone
LEFT JOIN erasures AS r ON gone.aggregate_id = r.aggregate_id
WHERE
    NOT gone.is_recorded
    OR r.aggregate_id IS NULL
    OR gone.aggregate_id IN (SELECT e.aggregate_id FROM host_events AS e)
UNION ALL
SELECT system.main.error('host_events_append_only: drop the temporary table or view ' || c.table_name)
FROM system.main.duckdb_columns() AS c
WHERE c.database_name = 'temp' AND c.table_name IN ('erased_events', 'erasures', 'host_events', 'refusals');

-- Only a host whose events are all here can be erased. INSERT OR IGNORE is refused too: it adds no row. A copy, which
-- suspends the trigger of positions, also adds the records of events that never were here, and of a host whose deletion
-- was erased before it was copied.
CREATE TRIGGER erasures_no_insert AFTER INSERT ON erasures REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT INSERT INTO refusals
SELECT system.main.error('erasures_guard: only a deleted host can be erased, and only once')
FROM (SELECT count(*) AS expected FROM new_rows) AS given
WHERE
    (
        given.expected = 0
        OR given.expected <> (
            SELECT count(*)
            FROM new_rows AS n
            INNER JOIN host_events AS e ON n.aggregate_id = e.aggregate_id
            WHERE e.event_type = 'HostDeleted'
        )
    )
    AND EXISTS (
        SELECT 1 FROM system.main.duckdb_triggers() AS t
        WHERE
            t.trigger_name = 'host_events_9_position_version_time'
            AND t.database_name = current_database() AND t.schema_name = current_schema()
    )
UNION ALL
SELECT system.main.error('erasures_guard: drop the temporary table or view ' || c.table_name)
FROM system.main.duckdb_columns() AS c
WHERE c.database_name = 'temp' AND c.table_name IN ('erasures', 'host_events', 'refusals');

CREATE TRIGGER erasures_no_update AFTER UPDATE ON erasures
FOR EACH STATEMENT INSERT INTO refusals
SELECT system.main.error('erasures_guard: erasures is append-only: UPDATE is refused');

CREATE TRIGGER erasures_no_delete AFTER DELETE ON erasures
FOR EACH STATEMENT INSERT INTO refusals
SELECT system.main.error('erasures_guard: erasures is append-only: DELETE is refused');

CREATE TRIGGER erased_events_no_insert AFTER INSERT ON erased_events REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT INSERT INTO refusals
SELECT system.main.error('erased_events_guard: only a stored event of an erased host is recorded, and only once')
FROM (SELECT count(*) AS expected FROM new_rows) AS given
WHERE
    (
        given.expected = 0
        OR given.expected <> (
            SELECT count(*)
            FROM new_rows AS n
            INNER JOIN host_events AS e ON n.event_id = e.event_id
            INNER JOIN erasures AS r ON e.aggregate_id = r.aggregate_id
            WHERE n.position = e.position
        )
    )
    AND EXISTS (
        SELECT 1 FROM system.main.duckdb_triggers() AS t
        WHERE
            t.trigger_name = 'host_events_9_position_version_time'
            AND t.database_name = current_database() AND t.schema_name = current_schema()
    )
UNION ALL
SELECT system.main.error('erased_events_guard: drop the temporary table or view ' || c.table_name)
FROM system.main.duckdb_columns() AS c
WHERE c.database_name = 'temp' AND c.table_name IN ('erased_events', 'erasures', 'host_events', 'refusals');

CREATE TRIGGER erased_events_no_update AFTER UPDATE ON erased_events
FOR EACH STATEMENT INSERT INTO refusals
SELECT system.main.error('erased_events_guard: erased_events is append-only: UPDATE is refused');

CREATE TRIGGER erased_events_no_delete AFTER DELETE ON erased_events
FOR EACH STATEMENT INSERT INTO refusals
SELECT system.main.error('erased_events_guard: erased_events is append-only: DELETE is refused');

-- No comments on columns: with one, DuckDB 2.0 cannot replay the WAL of a table that has a CHECK with a function.
COMMENT ON TABLE host_events IS 'The append-only log of hosts. Everything else is derived from it.';
COMMENT ON TABLE refusals IS 'Always empty. A trigger that refuses a statement inserts an error here.';
COMMENT ON TABLE erasures IS 'The hosts whose events are erased. No event can be added to them.';
COMMENT ON TABLE erased_events IS 'The events of erased hosts. Their positions are not used again.';
