-- The objects of the current schema: what each is (kind), its name and its definition, as DuckDB writes it.
WITH here AS (
    SELECT
        current_database() AS database_name,
        current_schema() AS schema_name
),

tables AS (
    SELECT
        t.table_name,
        t.table_oid,
        t.database_oid,
        t.sql
    FROM duckdb_tables() AS t
    NATURAL JOIN here
    WHERE NOT t.temporary AND NOT starts_with(t.table_name, '_yoyo_') AND t.table_name <> 'yoyo_lock'
)

SELECT
    'table' AS kind,
    t.table_name AS name,
    '' AS definition
FROM tables AS t

UNION ALL

-- Only the text of the table tells a column's collation.
SELECT
    'column',
    concat(t.table_name, '.', c.column_name),
    concat(
        c.data_type,
        regexp_extract(t.sql, concat('[(,] ?"?', c.column_name, '"? VARCHAR( COLLATE \w+)'), 1),
        CASE WHEN NOT c.is_nullable THEN ' NOT NULL' END,
        ' DEFAULT ' || c.column_default
    )
FROM tables AS t
INNER JOIN duckdb_columns() AS c ON t.table_oid = c.table_oid AND t.database_oid = c.database_oid

UNION ALL

-- Named by its columns: DuckDB forgets a constraint's name.
SELECT
    'constraint',
    concat(
        t.table_name, '.', c.constraint_type,
        '(', array_to_string(list_sort(list_distinct(c.constraint_column_names)), ', '), ')'
    ),
    c.constraint_text
FROM tables AS t
INNER JOIN duckdb_constraints() AS c ON t.table_oid = c.table_oid AND t.database_oid = c.database_oid
WHERE c.constraint_type <> 'NOT NULL'

UNION ALL

SELECT
    'index',
    concat(i.table_name, '.', i.index_name),
    i.sql
FROM duckdb_indexes() AS i
NATURAL JOIN here

UNION ALL

SELECT
    'view',
    v.view_name,
    v.sql
FROM duckdb_views() AS v
NATURAL JOIN here
WHERE NOT v.internal AND NOT v.temporary

UNION ALL

SELECT
    'trigger',
    concat(g.table_name, '.', g.trigger_name),
    g.sql
FROM duckdb_triggers() AS g
NATURAL JOIN here
WHERE NOT g.temporary

UNION ALL

-- Not its sql, which begins where the sequence has come to.
SELECT
    'sequence',
    s.sequence_name,
    concat(
        'MINVALUE ', s.min_value, ' MAXVALUE ', s.max_value, ' INCREMENT ', s.increment_by,
        CASE WHEN s.cycle THEN ' CYCLE' END
    )
FROM duckdb_sequences() AS s
NATURAL JOIN here
WHERE NOT s.temporary

UNION ALL

SELECT
    'macro',
    concat(f.function_name, '(', array_to_string(f.parameters, ', '), ')'),
    f.macro_definition
FROM duckdb_functions() AS f
NATURAL JOIN here
WHERE NOT f.internal

UNION ALL

-- A macro with the name of a function of DuckDB is used instead of it, in triggers and constraints too.
SELECT DISTINCT
    'macro',
    concat('schema.', f.function_name),
    ''
FROM duckdb_functions() AS f
NATURAL JOIN here
WHERE NOT f.internal AND f.function_name IN (SELECT b.function_name FROM duckdb_functions() AS b WHERE b.internal)
