-- The objects of the current schema: what each is (kind), its name and its definition. Needs no right on them.
-- Definitions leave out the schema's name, so that it may have any; a NOT NULL counts with its column, since it is a
-- constraint of its own only from PostgreSQL 18 on.
WITH relations AS (
    SELECT
        c.oid,
        c.relname,
        c.relkind,
        c.relpersistence,
        c.reloptions
    FROM pg_catalog.pg_class AS c
    INNER JOIN pg_catalog.pg_namespace AS n ON c.relnamespace = n.oid
    WHERE n.nspname = current_schema() AND NOT starts_with(c.relname, '_yoyo_') AND c.relname <> 'yoyo_lock'
)

SELECT
    'table' AS kind,
    r.relname AS name,
    CASE r.relpersistence WHEN 'p' THEN 'logged' ELSE 'unlogged' END AS definition
FROM relations AS r
WHERE r.relkind IN ('r', 'p')

UNION ALL

SELECT
    'column',
    concat(r.relname, '.', a.attname),
    concat_ws(
        ' ',
        pg_catalog.format_type(a.atttypid, a.atttypmod),
        'COLLATE ' || quote_ident(c.collname),
        CASE WHEN a.attnotnull THEN 'NOT NULL' END,
        CASE WHEN a.attidentity <> '' THEN 'GENERATED AS IDENTITY' END,
        CASE a.attgenerated WHEN '' THEN 'DEFAULT ' ELSE 'GENERATED ALWAYS AS ' END
        || pg_catalog.pg_get_expr(d.adbin, d.adrelid, TRUE)
    )
FROM relations AS r
INNER JOIN pg_catalog.pg_attribute AS a ON r.oid = a.attrelid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_catalog.pg_attrdef AS d ON a.attrelid = d.adrelid AND a.attnum = d.adnum
LEFT JOIN pg_catalog.pg_collation AS c ON a.attcollation = c.oid
WHERE r.relkind IN ('r', 'p')

UNION ALL

SELECT
    'constraint',
    concat(r.relname, '.', c.conname),
    pg_catalog.pg_get_constraintdef(c.oid, TRUE)
FROM relations AS r
INNER JOIN pg_catalog.pg_constraint AS c ON r.oid = c.conrelid AND c.contype <> 'n'

UNION ALL

SELECT
    'index',
    r.relname,
    concat_ws(' ', pg_catalog.pg_get_indexdef(r.oid, 0, TRUE), CASE WHEN NOT i.indisvalid THEN 'INVALID' END)
FROM relations AS r
INNER JOIN pg_catalog.pg_index AS i ON r.oid = i.indexrelid
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS c WHERE c.conindid = r.oid AND c.conrelid = i.indrelid)

UNION ALL

SELECT
    'view',
    r.relname,
    concat_ws(E'\n', pg_catalog.pg_get_viewdef(r.oid, TRUE), array_to_string(r.reloptions, ' '))
FROM relations AS r
WHERE r.relkind = 'v'

UNION ALL

SELECT
    'trigger',
    concat(r.relname, '.', t.tgname),
    concat_ws(
        ' ',
        pg_catalog.pg_get_triggerdef(t.oid, TRUE),
        CASE t.tgenabled WHEN 'O' THEN NULL WHEN 'D' THEN 'DISABLED' ELSE 'ENABLED ' || t.tgenabled::text END
    )
FROM relations AS r
INNER JOIN pg_catalog.pg_trigger AS t ON r.oid = t.tgrelid AND NOT t.tgisinternal

UNION ALL

SELECT
    'sequence',
    r.relname,
    concat(
        pg_catalog.format_type(s.seqtypid, NULL), ' START ', s.seqstart, ' INCREMENT ', s.seqincrement,
        ' MINVALUE ', s.seqmin, ' MAXVALUE ', s.seqmax, ' CACHE ', s.seqcache,
        CASE WHEN s.seqcycle THEN ' CYCLE' END
    )
FROM relations AS r
INNER JOIN pg_catalog.pg_sequence AS s ON r.oid = s.seqrelid

UNION ALL

SELECT
    'function',
    concat(p.proname, '(', pg_catalog.pg_get_function_identity_arguments(p.oid), ')'),
    concat_ws(
        E'\n',
        'RETURNS ' || pg_catalog.pg_get_function_result(p.oid),
        'LANGUAGE ' || l.lanname,
        CASE p.provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE' END,
        CASE p.proparallel WHEN 's' THEN 'PARALLEL SAFE' WHEN 'r' THEN 'PARALLEL RESTRICTED' END,
        CASE WHEN p.proisstrict THEN 'STRICT' END,
        CASE WHEN p.prosecdef THEN 'SECURITY DEFINER' END,
        'SET ' || array_to_string(p.proconfig, ' SET '),
        coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc)
    )
FROM pg_catalog.pg_proc AS p
INNER JOIN pg_catalog.pg_namespace AS n ON p.pronamespace = n.oid
INNER JOIN pg_catalog.pg_language AS l ON p.prolang = l.oid
WHERE n.nspname = current_schema() AND p.prokind = 'f'
