-- What: host_events, the append-only log that everything else is derived from, and the records of what was erased.
-- Why: bad history is refused here, by the database, whoever writes: sqlite3, an old client, two racing processes.
-- DBA: creates empty objects only; undo drops the log, so copy the file first. No PRAGMA is needed for the guards.

-- Differs because SQLite counts up only a rowid: position is the primary key, and event_id is unique beside it.
-- AUTOINCREMENT, because the positions of erased events at the end of the log must not be used again.
-- Times are text in UTC, 'YYYY-MM-DD HH:MM:SS.ffffff+00:00'; by hand also with a T, a Z, or without the fraction.
CREATE TABLE host_events (
    event_id TEXT NOT NULL,
    aggregate_id TEXT NOT NULL,
    event_type TEXT NOT NULL,
    event_version TEXT NOT NULL,
    -- NULL in the next six columns means: this event does not change it.
    ip_address TEXT,
    hostname TEXT,
    comment TEXT,
    tags TEXT,
    aliases TEXT,
    priority INTEGER,
    event_timestamp TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now') || '000+00:00'),
    metadata TEXT NOT NULL DEFAULT '{}',
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now') || '000+00:00'),
    created_by TEXT,
    expected_version TEXT,
    position INTEGER PRIMARY KEY AUTOINCREMENT,

    -- The CHECKs run for every row, so what most rows have is looked at first, and no pattern begins with `*`:
    -- the SQL of an import takes 0.83 of the time that it took with the plain forms.

    -- A writer whose clock is behind is refused instead of being sorted in behind the others.
    CONSTRAINT host_events_version_grows CHECK (event_version > expected_version),
    CONSTRAINT host_events_version_is_ulid CHECK (
        length(event_version) = 26 AND event_version < '8'
        AND trim(event_version, '0123456789ABCDEFGHJKMNPQRSTVWXYZ') = ''
    ),
    CONSTRAINT host_events_first_creates CHECK ((event_type = 'HostCreated') = (expected_version IS NULL)),
    CONSTRAINT host_events_not_empty CHECK (
        event_id <> '' AND aggregate_id <> '' AND ip_address <> '' AND hostname <> ''
    ),
    -- In bytes. For the elements of tags and aliases see host_events_json.
    CONSTRAINT host_events_size CHECK (
        length(cast(event_id AS BLOB)) <= 1000 AND length(cast(aggregate_id AS BLOB)) <= 1000
        AND length(cast(ip_address AS BLOB)) <= 1000 AND length(cast(hostname AS BLOB)) <= 1000
        AND length(cast(created_by AS BLOB)) <= 1000 AND length(cast(comment AS BLOB)) <= 65536
        AND length(cast(tags AS BLOB)) <= 65536 AND length(cast(aliases AS BLOB)) <= 65536
        AND length(cast(metadata AS BLOB)) <= 65536 AND priority BETWEEN -2147483648 AND 2147483647
    ),
    -- '0 seconds' makes a date that no calendar has, the 30th of February say, differ from what was given.
    -- Both times of an event are one as a rule, and then looked at once. No IN with a list here: it would make a
    -- temporary index for each row.
    CONSTRAINT host_events_time CHECK (
        created_at >= '1970' AND created_at < '9999-12-31'
        AND (
            datetime(created_at, '0 seconds') IS substr(created_at, 1, 19)
            OR datetime(substr(created_at, 1, 19), '0 seconds') IS replace(substr(created_at, 1, 19), 'T', ' ')
        )
        AND (
            substr(created_at, 20) GLOB '.[0-9][0-9][0-9][0-9][0-9][0-9]+00:00'
            OR substr(created_at, 20) = '' OR substr(created_at, 20) = 'Z' OR substr(created_at, 20) = '+00:00'
        )
        AND (
            event_timestamp = created_at
            OR (
                event_timestamp >= '0001-01-02' AND event_timestamp < '9999-12-31'
                AND datetime(substr(event_timestamp, 1, 19), '0 seconds')
                IS replace(substr(event_timestamp, 1, 19), 'T', ' ')
                AND (
                    substr(event_timestamp, 20) GLOB '.[0-9][0-9][0-9][0-9][0-9][0-9]+00:00'
                    OR substr(event_timestamp, 20) = '' OR substr(event_timestamp, 20) = 'Z'
                    OR substr(event_timestamp, 20) = '+00:00'
                )
            )
        )
    ),
    -- Each type brings the columns that it sets, and no other.
    CONSTRAINT host_events_columns CHECK (
        CASE event_type
            WHEN 'HostCreated' THEN ip_address IS NOT NULL AND hostname IS NOT NULL
            WHEN 'IpAddressChanged'
                THEN ip_address IS NOT NULL AND coalesce(hostname, comment, tags, aliases, priority) IS NULL
            WHEN 'HostnameChanged'
                THEN hostname IS NOT NULL AND coalesce(ip_address, comment, tags, aliases, priority) IS NULL
            WHEN 'CommentUpdated'
                THEN comment IS NOT NULL AND coalesce(ip_address, hostname, tags, aliases, priority) IS NULL
            WHEN 'TagsModified'
                THEN tags IS NOT NULL AND coalesce(ip_address, hostname, comment, aliases, priority) IS NULL
            WHEN 'AliasesModified'
                THEN aliases IS NOT NULL AND coalesce(ip_address, hostname, comment, tags, priority) IS NULL
            WHEN 'PriorityChanged'
                THEN priority IS NOT NULL AND coalesce(ip_address, hostname, comment, tags, aliases) IS NULL
            WHEN 'HostDeleted'
                THEN
                    ip_address IS NOT NULL AND hostname IS NOT NULL
                    AND coalesce(comment, tags, aliases, priority) IS NULL
            ELSE 0
        END
    )
) STRICT;

CREATE UNIQUE INDEX host_events_pkey ON host_events (event_id);
CREATE UNIQUE INDEX idx_events_aggregate ON host_events (aggregate_id, event_version);
-- One successor per predecessor, and one first event per host: two racing writers can never both commit.
CREATE UNIQUE INDEX host_events_one_successor ON host_events (aggregate_id, coalesce(expected_version, ''));
CREATE INDEX idx_events_time ON host_events (created_at);

CREATE TABLE erasures (
    aggregate_id TEXT NOT NULL,
    erased_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now') || '000+00:00'),
    erased_by TEXT,
    reason TEXT NOT NULL,

    CONSTRAINT erasures_pkey PRIMARY KEY (aggregate_id),
    CONSTRAINT erasures_not_empty CHECK (aggregate_id <> '' AND reason <> ''),
    CONSTRAINT erasures_no_nul CHECK (instr(aggregate_id || coalesce(erased_by, '') || reason, char(0)) = 0),
    CONSTRAINT erasures_size CHECK (
        length(cast(aggregate_id AS BLOB)) <= 1000 AND length(cast(erased_by AS BLOB)) <= 1000
        AND length(cast(reason AS BLOB)) <= 1000
    ),
    CONSTRAINT erasures_time CHECK (
        erased_at >= '1970' AND erased_at < '9999-12-31'
        AND datetime(substr(erased_at, 1, 19), '0 seconds') IS replace(substr(erased_at, 1, 19), 'T', ' ')
        AND (
            substr(erased_at, 20) IN ('', 'Z', '+00:00')
            OR substr(erased_at, 20) GLOB '.[0-9][0-9][0-9][0-9][0-9][0-9]+00:00'
        )
    )
) STRICT;

-- leaf: the event's leaf hash in the Merkle tree of the log, so that proofs made before stay valid.
CREATE TABLE erased_events (
    position INTEGER PRIMARY KEY,
    event_id TEXT NOT NULL,
    leaf TEXT NOT NULL,

    CONSTRAINT erased_events_not_empty CHECK (event_id <> ''),
    CONSTRAINT erased_events_no_nul CHECK (instr(event_id, char(0)) = 0),
    CONSTRAINT erased_events_size CHECK (length(cast(event_id AS BLOB)) <= 1000),
    CONSTRAINT erased_events_leaf CHECK (length(leaf) = 64 AND trim(leaf, '0123456789abcdef') = '')
) STRICT;

CREATE UNIQUE INDEX erased_events_event_id ON erased_events (event_id);

CREATE TRIGGER host_events_no_update BEFORE UPDATE ON host_events
BEGIN
    SELECT raise(ABORT, 'host_events_append_only: host_events is append-only: UPDATE is refused');
END;

-- The one exception: all events of a deleted host, once they are recorded as erased. HostDeleted is the last one to
-- go, so that no part of them is ever a live host.
CREATE TRIGGER host_events_no_delete BEFORE DELETE ON host_events
WHEN
    NOT EXISTS (SELECT 1 FROM erasures AS x WHERE x.aggregate_id = old.aggregate_id)
    OR NOT EXISTS (SELECT 1 FROM erased_events AS x WHERE x.position = old.position AND x.event_id = old.event_id)
    OR (
        old.event_type = 'HostDeleted'
        AND EXISTS (
            SELECT 1 FROM host_events AS e
            WHERE e.aggregate_id = old.aggregate_id AND e.event_version < old.event_version
        )
    )
BEGIN
    SELECT raise(ABORT, 'host_events_append_only: host_events is append-only: DELETE is refused');
END;

-- The condition is a few look-ups, however long the host's chain is. The body finds out what is wrong.
-- INSERT OR REPLACE deletes what it conflicts with and fires no delete trigger: so nothing may be there that conflicts.
-- Differs because SQLite checks foreign keys only for clients that ask it to.
CREATE TRIGGER host_events_chain BEFORE INSERT ON host_events
WHEN
    EXISTS (SELECT 1 FROM host_events AS e WHERE e.event_id = new.event_id)
    OR EXISTS (SELECT 1 FROM erased_events AS x WHERE x.event_id = new.event_id)
    OR CASE
        WHEN new.expected_version IS NULL
            THEN
                EXISTS (SELECT 1 FROM host_events AS e WHERE e.aggregate_id = new.aggregate_id)
                OR EXISTS (SELECT 1 FROM erasures AS x WHERE x.aggregate_id = new.aggregate_id)
        ELSE
            (new.expected_version, 0) IS NOT (
                SELECT
                    e.event_version,
                    e.event_type = 'HostDeleted'
                FROM host_events AS e
                WHERE e.aggregate_id = new.aggregate_id
                ORDER BY e.event_version DESC
                LIMIT 1
            )
    END
BEGIN
    SELECT raise(ABORT, 'host_events_pkey: this event_id is already stored')
    WHERE EXISTS (SELECT 1 FROM host_events AS e WHERE e.event_id = new.event_id);
    SELECT raise(ABORT, 'host_events_erased: this host or event was erased')
    WHERE
        EXISTS (SELECT 1 FROM erasures AS x WHERE x.aggregate_id = new.aggregate_id)
        OR EXISTS (SELECT 1 FROM erased_events AS x WHERE x.event_id = new.event_id);
    SELECT raise(ABORT, 'host_events_one_successor: another event already follows this version')
    WHERE EXISTS (
        SELECT 1 FROM host_events AS e
        WHERE
            e.aggregate_id = new.aggregate_id
            AND coalesce(e.expected_version, '') = coalesce(new.expected_version, '')
    );
    SELECT raise(ABORT, 'idx_events_aggregate: this host already has this version')
    WHERE EXISTS (
        SELECT 1 FROM host_events AS e
        WHERE e.aggregate_id = new.aggregate_id AND e.event_version = new.event_version
    );
    SELECT raise(ABORT, 'host_events_predecessor: the host has no such version as expected_version')
    WHERE NOT EXISTS (
        SELECT 1 FROM host_events AS e
        WHERE e.aggregate_id = new.aggregate_id AND e.event_version = new.expected_version
    );
    SELECT raise(ABORT, 'host_events_deleted: nothing follows HostDeleted: create a new host')
    WHERE EXISTS (
        SELECT 1 FROM host_events AS e
        WHERE
            e.aggregate_id = new.aggregate_id AND e.event_version = new.expected_version
            AND e.event_type = 'HostDeleted'
    );
END;

-- SQLite stores any bytes as text. ASCII is not looked at again: instr() does not count the bytes 80 to BF, so it finds
-- the NUL at the end earlier than the number of bytes says, and a lone byte from C0 is read as U+FFFD. Otherwise the
-- bytes are read character by character, and each must be what char() writes for the character that unicode() reads:
-- unicode() takes a cut or overlong form, and reads a surrogate, U+FFFE and U+FFFF as U+FFFD. The LIMIT keeps SQLite
-- from putting the text together three times. The same look finds a NUL, so no CHECK puts the text together again.
CREATE TRIGGER host_events_text BEFORE INSERT ON host_events
WHEN
    EXISTS (
        SELECT 1 FROM (
            SELECT
                ' ' || iif(new.event_id = new.event_version, '', new.event_id) || new.aggregate_id
                || coalesce(new.ip_address, '') || coalesce(new.hostname, '') || coalesce(new.comment, '')
                || coalesce(new.tags, '') || coalesce(new.aliases, '') || new.metadata
                || coalesce(new.created_by, '') || char(0) AS texts
            LIMIT 1 -- noqa: AM09
        ) AS given
        WHERE
            instr(given.texts, char(0)) < length(cast(given.texts AS BLOB))
            OR given.texts GLOB '*' || char(65533) || '*'
    )
BEGIN
    SELECT raise(ABORT, 'host_events_no_nul: a text has a NUL character')
    WHERE
        instr(
            new.event_id || new.aggregate_id || coalesce(new.ip_address, '') || coalesce(new.hostname, '')
            || coalesce(new.comment, '') || coalesce(new.tags, '') || coalesce(new.aliases, '') || new.metadata
            || coalesce(new.created_by, ''),
            char(0)
        ) > 0;
    SELECT raise(ABORT, 'host_events_text: a text is not UTF-8')
    WHERE EXISTS (
        WITH RECURSIVE walk (n, i, s) AS (
            SELECT
                v.column1,
                0,
                NULL
            FROM (VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS v
            UNION ALL
            SELECT
                w.n,
                w.i + iif(
                    cast(w.s AS TEXT) GLOB '*[^ -~]*',
                    length(cast(char(unicode(cast(w.s AS TEXT))) AS BLOB)),
                    coalesce(length(w.s), 1)
                ),
                substr(
                    cast(
                        CASE w.n
                            WHEN 1 THEN new.event_id
                            WHEN 2 THEN new.aggregate_id
                            WHEN 3 THEN new.ip_address
                            WHEN 4 THEN new.hostname
                            WHEN 5 THEN new.comment
                            WHEN 6 THEN new.tags
                            WHEN 7 THEN new.aliases
                            WHEN 8 THEN new.metadata
                            ELSE new.created_by
                        END AS BLOB
                    ),
                    w.i + iif(
                        cast(w.s AS TEXT) GLOB '*[^ -~]*',
                        length(cast(char(unicode(cast(w.s AS TEXT))) AS BLOB)),
                        coalesce(length(w.s), 1)
                    ),
                    32
                )
            FROM walk AS w
            WHERE w.i = 0 OR w.s <> x''
        )

        SELECT 1 FROM walk AS w
        WHERE
            w.s <> x'' AND hex(w.s) NOT GLOB hex(char(unicode(cast(w.s AS TEXT)))) || '*'
            AND hex(w.s) NOT GLOB 'EFBFB[EF]*'
    );
END;

-- Tags and aliases are arrays of strings. Metadata is an object, whose values have the types of their columns.
-- json_valid knows the JSON of RFC 8259 only. The other functions read JSON5 too since SQLite 3.42, so it comes first.
-- Most texts need no more than the condition. Without each `","` they are one string in brackets, or one member of a
-- known type. Put back into the string, `","` makes two strings of one; put back elsewhere, it makes what is no JSON.
-- 250 characters have at most 1,000 bytes. No IN with a list here: it would make a temporary index for each row.
CREATE TRIGGER host_events_json BEFORE INSERT ON host_events
WHEN
    NOT (
        coalesce(new.tags, '[]') = '[]' OR (
            length(new.tags) <= 250 AND instr(new.tags, char(92)) = 0 AND json_valid(new.tags)
            AND replace(new.tags, '","', '') GLOB '[[]"*"]' AND replace(new.tags, '","', '') NOT GLOB '*"*"*"*'
        )
    )
    OR NOT (
        coalesce(new.aliases, '[]') = '[]' OR (
            length(new.aliases) <= 250 AND instr(new.aliases, char(92)) = 0 AND json_valid(new.aliases)
            AND replace(new.aliases, '","', '') GLOB '[[]"*"]' AND replace(new.aliases, '","', '') NOT GLOB '*"*"*"*'
        )
    )
    OR NOT (
        new.metadata = '{}' OR new.metadata = '{"old_comment":null}' OR new.metadata = '{"old_tags":[]}'
        OR new.metadata = '{"old_aliases":[]}' OR (
            length(new.metadata) <= 250 AND instr(new.metadata, char(92)) = 0 AND json_valid(new.metadata)
            AND replace(new.metadata, '","', '') NOT GLOB '*"*"*"*"*"*'
            AND (
                replace(new.metadata, '","', '') GLOB '{"old_comment":"*"}'
                OR replace(new.metadata, '","', '') GLOB '{"old_ip":"*"}'
                OR replace(new.metadata, '","', '') GLOB '{"old_hostname":"*"}'
                OR replace(new.metadata, '","', '') GLOB '{"reason":"*"}'
                OR replace(new.metadata, '","', '') GLOB '{"old_tags":[[]"*"]}'
                OR replace(new.metadata, '","', '') GLOB '{"old_aliases":[[]"*"]}'
            )
        )
    )
BEGIN
    SELECT raise(ABORT, 'host_events_json: tags and aliases are JSON arrays, metadata is a JSON object')
    WHERE NOT (
        (new.tags IS NULL OR (json_valid(new.tags) AND json_type(new.tags) = 'array'))
        AND (new.aliases IS NULL OR (json_valid(new.aliases) AND json_type(new.aliases) = 'array'))
        AND json_valid(new.metadata) AND json_type(new.metadata) = 'object'
    );
    SELECT
        CASE element.type
            WHEN 'text' THEN raise(ABORT, 'host_events_size: a tag or alias has more than 1,000 bytes')
            ELSE raise(ABORT, 'host_events_json: tags and aliases are arrays of strings')
        END
    FROM json_each(new.tags) AS element
    WHERE new.tags <> '[]' AND (element.type <> 'text' OR length(cast(element.value AS BLOB)) > 1000);
    SELECT
        CASE element.type
            WHEN 'text' THEN raise(ABORT, 'host_events_size: a tag or alias has more than 1,000 bytes')
            ELSE raise(ABORT, 'host_events_json: tags and aliases are arrays of strings')
        END
    FROM json_each(new.aliases) AS element
    WHERE new.aliases <> '[]' AND (element.type <> 'text' OR length(cast(element.value AS BLOB)) > 1000);
    SELECT raise(ABORT, 'host_events_json: metadata has a key twice')
    WHERE
        new.metadata GLOB '*:*:*'
        AND (SELECT count(DISTINCT m.key) < count(*) FROM json_each(new.metadata) AS m);
    -- Of json_tree only the elements of an array have a number as their key. A value is never deeper than an array.
    SELECT
        iif(
            m.key = 'reason' AND m.type = 'text',
            raise(ABORT, 'host_events_size: the reason has more than 1,000 bytes'),
            raise(ABORT, 'host_events_json: a value of metadata has not its type')
        )
    FROM json_tree(new.metadata) AS m
    WHERE
        new.metadata <> '{}'
        AND CASE
            WHEN m.key IS NULL THEN 0
            WHEN typeof(m.key) = 'integer' THEN m.type <> 'text'
            WHEN m.key IN ('old_ip', 'old_hostname', 'old_comment') THEN m.type NOT IN ('text', 'null')
            WHEN m.key IN ('old_tags', 'old_aliases') THEN m.type NOT IN ('array', 'null')
            WHEN m.key = 'reason'
                THEN m.type NOT IN ('text', 'null') OR coalesce(length(cast(m.value AS BLOB)), 0) > 1000
            WHEN m.key = 'old_priority'
                THEN
                    m.type <> 'null'
                    AND (m.type <> 'integer' OR m.value NOT BETWEEN -2147483648 AND 2147483647)
            WHEN m.type IN ('integer', 'real') THEN m.value NOT BETWEEN -1e308 AND 1e308
            ELSE m.type = 'object'
        END;
END;

-- No U+0000 and no lone surrogate, as an escape of \u. A backslash that is itself escaped begins none.
CREATE TRIGGER host_events_escapes BEFORE INSERT ON host_events
WHEN instr(coalesce(new.tags, '') || coalesce(new.aliases, '') || new.metadata, '\u') > 0
BEGIN
    SELECT raise(ABORT, 'host_events_json: a string has U+0000 or a lone surrogate')
    FROM (
        SELECT
            part.key,
            part.value,
            lag(part.value) OVER (ORDER BY part.key) AS earlier,
            lead(part.value) OVER (ORDER BY part.key) AS later
        FROM (
            -- The text as one string of JSON, and cut before each \ud: what follows it begins a piece.
            SELECT
                '[' || replace(
                    json_quote(lower(replace(
                        coalesce(new.tags, '') || coalesce(new.aliases, '') || new.metadata, char(92, 92), ' '
                    ))),
                    '\\ud', '","'
                ) || ']' AS pieces
        ) AS given
        CROSS JOIN json_each(given.pieces) AS part
    ) AS piece
    WHERE
        instr(piece.value, '\u0000') > 0
        OR (
            piece.key > 0 AND substr(piece.value, 1, 1) IN ('8', '9', 'a', 'b')
            AND (length(piece.value) <> 3 OR coalesce(substr(piece.later, 1, 1), '') NOT IN ('c', 'd', 'e', 'f'))
        )
        OR (
            piece.key > 0 AND substr(piece.value, 1, 1) IN ('c', 'd', 'e', 'f')
            AND (
                piece.key = 1 OR length(piece.earlier) <> 3
                OR substr(piece.earlier, 1, 1) NOT IN ('8', '9', 'a', 'b')
            )
        );
END;

-- Only a host that is deleted, and only once. A copy, which suspends host_events_version_time_and_replica, also records
-- the hosts and events that were erased in its source: never stored here, or without the host's deletion.
CREATE TRIGGER erasures_insert BEFORE INSERT ON erasures
WHEN
    EXISTS (SELECT 1 FROM erasures AS x WHERE x.aggregate_id = new.aggregate_id)
    OR (
        coalesce((
            SELECT e.event_type FROM host_events AS e
            WHERE e.aggregate_id = new.aggregate_id
            ORDER BY e.event_version DESC
            LIMIT 1
        ), '') <> 'HostDeleted'
        AND EXISTS (SELECT 1 FROM sqlite_master AS m WHERE m.name = 'host_events_version_time_and_replica')
    )
BEGIN
    SELECT raise(ABORT, 'erasures_guard: only a deleted host can be erased, and once');
END;

CREATE TRIGGER erasures_text BEFORE INSERT ON erasures
WHEN new.aggregate_id || coalesce(new.erased_by, '') || new.reason GLOB '*[^ -~]*'
BEGIN
    SELECT raise(ABORT, 'erasures_text: a text is not UTF-8')
    WHERE EXISTS (
        WITH RECURSIVE walk (i, s) AS (
            SELECT
                0,
                NULL
            UNION ALL
            SELECT
                w.i + iif(
                    cast(w.s AS TEXT) GLOB '*[^ -~]*',
                    length(cast(char(unicode(cast(w.s AS TEXT))) AS BLOB)),
                    coalesce(length(w.s), 1)
                ),
                substr(
                    cast(new.aggregate_id || coalesce(new.erased_by, '') || new.reason AS BLOB),
                    w.i + iif(
                        cast(w.s AS TEXT) GLOB '*[^ -~]*',
                        length(cast(char(unicode(cast(w.s AS TEXT))) AS BLOB)),
                        coalesce(length(w.s), 1)
                    ),
                    32
                )
            FROM walk AS w
            WHERE w.i = 0 OR w.s <> x''
        )

        SELECT 1 FROM walk AS w
        WHERE
            w.s <> x'' AND hex(w.s) NOT GLOB hex(char(unicode(cast(w.s AS TEXT)))) || '*'
            AND hex(w.s) NOT GLOB 'EFBFB[EF]*'
    );
END;

CREATE TRIGGER erasures_update BEFORE UPDATE ON erasures
BEGIN
    SELECT raise(ABORT, 'erasures_guard: erasures is append-only: UPDATE is refused');
END;

CREATE TRIGGER erasures_delete BEFORE DELETE ON erasures
BEGIN
    SELECT raise(ABORT, 'erasures_guard: erasures is append-only: DELETE is refused');
END;

CREATE TRIGGER erased_events_insert BEFORE INSERT ON erased_events
WHEN
    EXISTS (SELECT 1 FROM erased_events AS x WHERE x.position = new.position OR x.event_id = new.event_id)
    OR (
        NOT EXISTS (
            SELECT 1 FROM host_events AS e
            INNER JOIN erasures AS x ON e.aggregate_id = x.aggregate_id
            WHERE e.position = new.position AND e.event_id = new.event_id
        )
        AND (
            EXISTS (SELECT 1 FROM host_events AS e WHERE e.position = new.position OR e.event_id = new.event_id)
            OR EXISTS (SELECT 1 FROM sqlite_master AS m WHERE m.name = 'host_events_version_time_and_replica')
        )
    )
BEGIN
    SELECT raise(ABORT, 'erased_events_guard: only a stored event of an erased host is recorded, and once');
END;

CREATE TRIGGER erased_events_update BEFORE UPDATE ON erased_events
BEGIN
    SELECT raise(ABORT, 'erased_events_guard: erased_events is append-only: UPDATE is refused');
END;

CREATE TRIGGER erased_events_delete BEFORE DELETE ON erased_events
BEGIN
    SELECT raise(ABORT, 'erased_events_guard: erased_events is append-only: DELETE is refused');
END;
