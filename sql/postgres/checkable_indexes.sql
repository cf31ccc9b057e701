-- The B-tree indexes of our tables, if amcheck is installed and this role may call it.
SELECT i.indexrelid::bigint AS index_oid
FROM pg_index AS i
INNER JOIN pg_class AS t ON i.indrelid = t.oid
INNER JOIN pg_class AS c ON i.indexrelid = c.oid
INNER JOIN pg_am AS a ON c.relam = a.oid
CROSS JOIN pg_extension AS x
INNER JOIN pg_proc AS p ON x.extnamespace = p.pronamespace AND p.proname = 'bt_index_check' AND p.pronargs = 1
WHERE
    t.relnamespace = quote_ident(current_schema())::regnamespace
    AND t.relname IN (
        'host_events', 'host_entries', 'snapshots', 'consumers', 'erasures', 'erased_events', 'log_epoch', 'replica_of'
    )
    AND a.amname = 'btree'
    AND i.indisvalid
    AND x.extname = 'amcheck'
    AND has_schema_privilege(x.extnamespace, 'USAGE')
    AND has_function_privilege(p.oid, 'EXECUTE')
ORDER BY t.relname, c.relname
