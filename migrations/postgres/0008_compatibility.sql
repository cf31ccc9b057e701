-- depends: 0007_replicas
-- What: compatible_migrations, the applied migrations that an earlier hostsdb can live with.
-- Why: a deployment migrates first and then replaces the applications; until then the earlier ones go on.
-- DBA: one small table, no lock on others. A later migration adds its own id; its rollback removes it.

CREATE TABLE compatible_migrations (
    migration_id text COLLATE "C" NOT NULL,

    CONSTRAINT compatible_migrations_pkey PRIMARY KEY (migration_id)
);
COMMENT ON TABLE compatible_migrations IS 'The applied migrations that an earlier hostsdb can live with.';
COMMENT ON COLUMN compatible_migrations.migration_id IS 'The id of the migration: its file name without .sql.';
