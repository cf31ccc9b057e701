-- depends: 0006_consumers
-- What: replica_of, which marks the database as a copy of another one.
-- Why: an event written to a copy would make the logs differ; a snapshot of its own would keep what the origin erases.
-- DBA: one empty table. While it has a row, only a copy adds events; delete the row to end that. Undo drops the mark.

CREATE TABLE replica_of (
    origin TEXT NOT NULL,
    since TIMESTAMPTZ NOT NULL DEFAULT now(),

    CONSTRAINT replica_of_pkey PRIMARY KEY (origin),
    CONSTRAINT replica_of_not_empty CHECK (origin <> ''),
    CONSTRAINT replica_of_no_nul CHECK (NOT system.main.contains(origin, system.main.chr(0))),
    CONSTRAINT replica_of_size CHECK (system.main.strlen(origin) <= 1000),
    CONSTRAINT replica_of_time CHECK (
        since >= '1970-01-01 00:00:00+00' AND since < '9999-12-31 00:00:00+00'
    )
);

CREATE TRIGGER replica_of_one AFTER INSERT ON replica_of REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT INSERT INTO refusals
SELECT system.main.error('replica_of_one: this database is already the replica of another one')
FROM new_rows
WHERE (SELECT count(*) FROM replica_of) > 1;

-- A copy suspends it.
CREATE TRIGGER host_events_0_replica AFTER INSERT ON host_events REFERENCING NEW TABLE AS new_events
FOR EACH STATEMENT INSERT INTO refusals
SELECT system.main.error('host_events_replica: this database is a replica of ' || r.origin || '; write there')
FROM replica_of AS r
WHERE EXISTS (SELECT 1 FROM new_events);

CREATE TRIGGER snapshots_no_insert AFTER INSERT ON snapshots
FOR EACH STATEMENT INSERT INTO refusals
SELECT system.main.error('snapshots_replica: this database is a replica of ' || r.origin || ', and has its snapshots')
FROM replica_of AS r
WHERE
    EXISTS (
        SELECT 1 FROM system.main.duckdb_triggers() AS t
        WHERE
            t.trigger_name = 'host_events_0_replica'
            AND t.database_name = current_database() AND t.schema_name = current_schema()
    )
UNION ALL
SELECT system.main.error('snapshots_replica: drop the temporary table or view replica_of')
FROM system.main.duckdb_columns() AS c
WHERE c.database_name = 'temp' AND c.table_name = 'replica_of';

CREATE TRIGGER snapshots_no_update AFTER UPDATE ON snapshots
FOR EACH STATEMENT INSERT INTO refusals
SELECT system.main.error('snapshots_replica: this database is a replica of ' || r.origin || ', and has its snapshots')
FROM replica_of AS r
WHERE
    EXISTS (
        SELECT 1 FROM system.main.duckdb_triggers() AS t
        WHERE
            t.trigger_name = 'host_events_0_replica'
            AND t.database_name = current_database() AND t.schema_name = current_schema()
    )
UNION ALL
SELECT system.main.error('snapshots_replica: drop the temporary table or view replica_of')
FROM system.main.duckdb_columns() AS c
WHERE c.database_name = 'temp' AND c.table_name = 'replica_of';

CREATE TRIGGER snapshots_no_delete AFTER DELETE ON snapshots
FOR EACH STATEMENT INSERT INTO refusals
SELECT system.main.error('snapshots_replica: this database is a replica of ' || r.origin || ', and has its snapshots')
FROM replica_of AS r
WHERE
    EXISTS (
        SELECT 1 FROM system.main.duckdb_triggers() AS t
        WHERE
            t.trigger_name = 'host_events_0_replica'
            AND t.database_name = current_database() AND t.schema_name = current_schema()
    )
UNION ALL
SELECT system.main.error('snapshots_replica: drop the temporary table or view replica_of')
FROM system.main.duckdb_columns() AS c
WHERE c.database_name = 'temp' AND c.table_name = 'replica_of';

-- A host that was erased in the origin before its deletion was copied is still live here. No HostDeleted will come.
CREATE TRIGGER erasures_entries AFTER INSERT ON erasures REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT DELETE FROM host_entries AS h
USING new_rows AS n
WHERE h.id = n.aggregate_id;

COMMENT ON TABLE replica_of IS 'A row marks this database as a copy: only the command copy adds events.';
