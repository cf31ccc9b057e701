-- The objects of our schema, which may have any name, and of the name server's, which is called dns: what each is
-- (kind), its name, with `dns.` before those of the name server, and its definition.
-- Needs no right on the objects. The session's settings do not change how a definition is written. What is no drift is
-- left out: comments, statistics, storage parameters, publications.
WITH settings AS MATERIALIZED (
    SELECT
        set_config('TimeZone', 'UTC', TRUE) AS time_zone,
        set_config('DateStyle', 'ISO', TRUE) AS date_style,
        set_config('IntervalStyle', 'postgres', TRUE) AS interval_style,
        set_config('quote_all_identifiers', 'off', TRUE) AS quotes
),

our_schema AS MATERIALIZED (
    SELECT
        n.oid,
        regexp_replace(quote_ident(n.nspname), '^"([a-z_][a-z0-9_]*)"$', '\1') AS name,
        CASE WHEN n.nspname <> current_schema() THEN 'dns.' END AS dns_prefix
    FROM settings
    CROSS JOIN pg_namespace AS n
    WHERE settings.time_zone = 'UTC' AND n.nspname IN (current_schema(), 'dns')
),

relations AS MATERIALIZED (
    SELECT
        c.oid,
        concat(s.dns_prefix, c.relname) AS name,
        c.relkind AS kind,
        CASE c.relpersistence WHEN 'p' THEN 'logged' ELSE 'unlogged' END AS persistence,
        c.relreplident AS replica_identity,
        CASE
            WHEN c.relforcerowsecurity THEN 'FORCE ROW LEVEL SECURITY'
            WHEN c.relrowsecurity THEN 'ROW LEVEL SECURITY'
        END AS row_security,
        c.reloptions AS view_options
    FROM pg_class AS c
    INNER JOIN our_schema AS s ON c.relnamespace = s.oid
    WHERE NOT starts_with(c.relname, '_yoyo_') AND c.relname <> 'yoyo_lock'
)

SELECT
    'table' AS kind,
    r.name,
    concat_ws(
        ' ',
        r.persistence,
        CASE r.kind WHEN 'p' THEN 'PARTITIONED' END,
        r.row_security,
        CASE r.replica_identity
            WHEN 'f' THEN 'REPLICA IDENTITY FULL'
            WHEN 'n' THEN 'REPLICA IDENTITY NOTHING'
            WHEN 'i' THEN 'REPLICA IDENTITY USING INDEX'
        END,
        (
            SELECT 'INHERITS ' || string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno)
            FROM pg_inherits AS i
            WHERE i.inhrelid = r.oid
        ),
        (
            SELECT 'INHERITED BY ' || string_agg(i.inhrelid::regclass::text, ', ' ORDER BY i.inhrelid)
            FROM pg_inherits AS i
            WHERE i.inhparent = r.oid
        )
    ) AS definition
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
        CASE WHEN n.oid IS NOT NULL THEN 'NOT VALID' END,
        CASE a.attidentity WHEN 'a' THEN 'GENERATED ALWAYS AS IDENTITY' WHEN 'd' THEN 'GENERATED AS IDENTITY' END,
        CASE a.attgenerated
            WHEN '' THEN 'DEFAULT '
            WHEN 'v' THEN 'VIRTUAL GENERATED ALWAYS AS '
            ELSE 'GENERATED ALWAYS AS '
        END || pg_get_expr(d.adbin, d.adrelid, TRUE)
    )
FROM relations AS r
INNER JOIN pg_attribute AS a ON r.oid = a.attrelid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef AS d ON a.attrelid = d.adrelid AND a.attnum = d.adnum
LEFT JOIN pg_collation AS c ON a.attcollation = c.oid
LEFT JOIN pg_constraint AS n
    ON a.attrelid = n.conrelid AND n.contype = 'n' AND n.conkey[1] = a.attnum AND NOT n.convalidated
WHERE r.kind IN ('r', 'p')

UNION ALL

-- NOT NULL is a part of the column's row: only PostgreSQL 18 and later have a constraint for it.
SELECT
    'constraint',
    concat(r.name, '.', c.conname),
    concat_ws(
        ' ',
        pg_get_constraintdef(c.oid, TRUE),
        -- DISABLE TRIGGER ALL also disables the triggers of a foreign key.
        CASE WHEN EXISTS (
            SELECT FROM pg_trigger AS t
            WHERE t.tgconstraint = c.oid AND t.tgrelid = r.oid AND t.tgisinternal AND t.tgenabled <> 'O'
        ) THEN 'DISABLED' END
    )
FROM relations AS r
INNER JOIN pg_constraint AS c ON r.oid = c.conrelid AND c.contype NOT IN ('n', 't')

UNION ALL

-- The storage parameters of an index, WITH (fillfactor='50'), are no drift.
SELECT
    'index',
    concat(t.name, '.', r.name),
    concat_ws(
        ' ',
        regexp_replace(pg_get_indexdef(r.oid, 0, TRUE), ' WITH \(\w+=[^)]*\)', ''),
        CASE WHEN NOT i.indisvalid THEN 'INVALID' END
    )
FROM relations AS r
INNER JOIN pg_index AS i ON r.oid = i.indexrelid
INNER JOIN relations AS t ON i.indrelid = t.oid
WHERE NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conrelid = i.indrelid AND c.conindid = r.oid)

UNION ALL

-- PostgreSQL 15 writes the one table of a view before each of its columns, later ones do not.
SELECT
    'view',
    r.name,
    concat_ws(
        E'\n',
        regexp_replace(btrim(pg_get_viewdef(r.oid, TRUE)), '\m(host_events|host_entries_at|zones|events)\.', '', 'g'),
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
    'rule',
    concat(r.name, '.', w.rulename),
    pg_get_ruledef(w.oid, TRUE)
FROM relations AS r
INNER JOIN pg_rewrite AS w ON r.oid = w.ev_class AND w.rulename <> '_RETURN'

UNION ALL

SELECT
    'policy',
    concat(r.name, '.', p.polname),
    ''
FROM relations AS r
INNER JOIN pg_policy AS p ON r.oid = p.polrelid

UNION ALL

SELECT
    'sequence',
    r.name,
    concat(
        format_type(s.seqtypid, NULL), ' START ', s.seqstart, ' INCREMENT ', s.seqincrement,
        ' MINVALUE ', s.seqmin, ' MAXVALUE ', s.seqmax, ' CACHE ', s.seqcache, CASE WHEN s.seqcycle THEN ' CYCLE' END,
        CASE r.persistence WHEN 'unlogged' THEN ' unlogged' END
    )
FROM relations AS r
INNER JOIN pg_sequence AS s ON r.oid = s.seqrelid

UNION ALL

SELECT
    'function',
    concat(s.dns_prefix, p.proname, '(', pg_get_function_identity_arguments(p.oid), ')'),
    concat_ws(
        E'\n',
        'RETURNS ' || pg_get_function_result(p.oid),
        'LANGUAGE ' || l.lanname,
        CASE p.provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE' END,
        CASE p.proparallel WHEN 's' THEN 'PARALLEL SAFE' WHEN 'r' THEN 'PARALLEL RESTRICTED' END,
        CASE WHEN p.proisstrict THEN 'STRICT' END,
        CASE WHEN p.proleakproof THEN 'LEAKPROOF' END,
        CASE WHEN p.prosecdef THEN 'SECURITY DEFINER' END,
        'SET ' || replace(
            -- quote_all_identifiers may have been on when the search_path was set.
            regexp_replace(array_to_string(p.proconfig, ' SET '), '"([a-z_][a-z0-9_]*)"', '\1', 'g'),
            concat(', ', s.name, ','),
            ', <this schema>,'
        ),
        coalesce(pg_get_function_sqlbody(p.oid), btrim(p.prosrc, E'\r\n'))
    )
FROM our_schema AS s
INNER JOIN pg_proc AS p ON s.oid = p.pronamespace AND p.prokind = 'f'
INNER JOIN pg_language AS l ON p.prolang = l.oid
