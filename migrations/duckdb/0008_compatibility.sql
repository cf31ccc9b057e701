-- depends: 0007_replicas
-- What: compatible_migrations, the later migrations that an earlier hostsdb can live with.
-- Why: a database can be migrated before its applications: an earlier hostsdb then still reads and writes.
-- DBA: one empty table; a later migration adds its own id. Undo drops it.

CREATE TABLE compatible_migrations (
    migration_id TEXT NOT NULL,

    CONSTRAINT compatible_migrations_pkey PRIMARY KEY (migration_id)
);

COMMENT ON TABLE compatible_migrations IS 'The later migrations that an earlier hostsdb can live with.';
