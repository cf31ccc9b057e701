-- The objects of our schema, which may have any name: what each is (kind), its name and its definition.
-- Needs no right on the objects. What a definition looks like is not left to the session's time zone.
WITH settings AS MATERIALIZED (
    SELECT
        set_config('TimeZone', 'UTC', TRUE) AS time_zone,
        set_config('DateStyle', 'ISO', TRUE) AS date_style
),

-- The schema in which the search_path finds host_events; where there is none, the one in which it would be made.
our_schema AS MATERIALIZED (
    SELECT
        n.oid,
        quote_ident(n.nspname) AS name
    FROM settings
    CROSS JOIN pg_namespace AS n
    LEFT JOIN pg_class AS c ON c.oid = to_regclass('host_events')
    WHERE
        settings.time_zone = 'UTC'
        AND CASE WHEN c.oid IS NULL THEN n.nspname = current_schema() ELSE n.oid = c.relnamespace END
),

relations AS MATERIALIZED (
    SELECT
        c.oid,
        c.relname AS name,
        c.relkind AS kind,
        c.relpersistence AS persistence,
        c.reloptions AS view_options
    FROM pg_class AS c
    INNER JOIN our_schema AS s ON c.relnamespace = s.oid
    WHERE NOT starts_with(c.relname, '_yoyo_') AND c.relname <> 'yoyo_lock'
)

SELECT
    'table' AS kind,
    r.name,
    CASE r.persistence WHEN 'p' THEN 'logged' ELSE 'unlogged' END AS definition
FROM relations AS r
WHERE r.kind IN ('r', 'p')

UNION ALL

SELECT
    'column',
    concat(r.name, '.', a.attname),
    concat_ws(
        ' ',
        format_type(a.atttypid, a.atttypmod),
        'COLLATE ' || quote_ident(c.collname),
        CASE WHEN a.attnotnull THEN 'NOT NULL' END,
        CASE WHEN a.attidentity <> '' THEN 'GENERATED AS IDENTITY' END,
        CASE a.attgenerated WHEN '' THEN 'DEFAULT ' ELSE 'GENERATED ALWAYS AS ' END
        || pg_get_expr(d.adbin, d.adrelid, TRUE)
    )
FROM relations AS r
INNER JOIN pg_attribute AS a ON r.oid = a.attrelid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef AS d ON a.attrelid = d.adrelid AND a.attnum = d.adnum
LEFT JOIN pg_collation AS c ON a.attcollation = c.oid
WHERE r.kind IN ('r', 'p')

UNION ALL

-- NOT NULL is a part of the column's row: only PostgreSQL 18 and later have a constraint for it.
SELECT
    'constraint',
    concat(r.name, '.', c.conname),
    pg_get_constraintdef(c.oid, TRUE)
FROM relations AS r
INNER JOIN pg_constraint AS c ON r.oid = c.conrelid AND c.contype NOT IN ('n', 't')

UNION ALL

SELECT
    'index',
    r.name,
    concat_ws(' ', pg_get_indexdef(r.oid, 0, TRUE), CASE WHEN NOT i.indisvalid THEN 'INVALID' END)
FROM relations AS r
INNER JOIN pg_index AS i ON r.oid = i.indexrelid
WHERE NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conrelid = i.indrelid AND c.conindid = r.oid)

UNION ALL

-- PostgreSQL 15 writes the one table of a view before each of its columns, later ones do not.
SELECT
    'view',
    r.name,
    concat_ws(
        E'\n',
        regexp_replace(btrim(pg_get_viewdef(r.oid, TRUE)), '\m(host_events|host_entries_at)\.', '', 'g'),
        array_to_string(r.view_options, ' ')
    )
FROM relations AS r
WHERE r.kind = 'v'

UNION ALL

SELECT
    'trigger',
    concat(r.name, '.', t.tgname),
    concat_ws(
        ' ',
        pg_get_triggerdef(t.oid, TRUE),
        CASE t.tgenabled WHEN 'O' THEN NULL WHEN 'D' THEN 'DISABLED' ELSE 'ENABLED ' || t.tgenabled::text END
    )
FROM relations AS r
INNER JOIN pg_trigger AS t ON r.oid = t.tgrelid AND NOT t.tgisinternal

UNION ALL

SELECT
    'sequence',
    r.name,
    concat(
        format_type(s.seqtypid, NULL), ' START ', s.seqstart, ' INCREMENT ', s.seqincrement,
        ' MINVALUE ', s.seqmin, ' MAXVALUE ', s.seqmax, ' CACHE ', s.seqcache, CASE WHEN s.seqcycle THEN ' CYCLE' END
    )
FROM relations AS r
INNER JOIN pg_sequence AS s ON r.oid = s.seqrelid

UNION ALL

SELECT
    'function',
    concat(p.proname, '(', pg_get_function_identity_arguments(p.oid), ')'),
    concat_ws(
        E'\n',
        'RETURNS ' || pg_get_function_result(p.oid),
        'LANGUAGE ' || l.lanname,
        CASE p.provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE' END,
        CASE p.proparallel WHEN 's' THEN 'PARALLEL SAFE' WHEN 'r' THEN 'PARALLEL RESTRICTED' END,
        CASE WHEN p.proisstrict THEN 'STRICT' END,
        CASE WHEN p.prosecdef THEN 'SECURITY DEFINER' END,
        'SET ' || replace(array_to_string(p.proconfig, ' SET '), concat(', ', s.name, ','), ', <this schema>,'),
        coalesce(pg_get_function_sqlbody(p.oid), btrim(p.prosrc, E'\r\n'))
    )
FROM our_schema AS s
INNER JOIN pg_proc AS p ON s.oid = p.pronamespace AND p.prokind = 'f'
INNER JOIN pg_language AS l ON p.prolang = l.oid
