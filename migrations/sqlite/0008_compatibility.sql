-- depends: 0007_replicas
-- What: compatible_migrations, the applied migrations that an earlier hostsdb can live with.
-- Why: a deployment migrates first and then replaces the applications; until then the earlier ones go on.
-- DBA: one small table. A later migration adds its own id; its rollback removes it.

CREATE TABLE compatible_migrations (
    migration_id TEXT NOT NULL,

    CONSTRAINT compatible_migrations_pkey PRIMARY KEY (migration_id),
    -- The name of a file: printable ASCII.
    CONSTRAINT compatible_migrations_name CHECK (
        instr(migration_id, char(0)) = 0 AND migration_id NOT GLOB '*[^ -~]*'
    )
) STRICT;
