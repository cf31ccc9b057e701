-- Who owns the objects of our schema, and the grants and settings with which somebody could avoid its rules.
-- A definition is the owner's name, or empty. Needs no right on the objects. Other grants to named roles are no drift.
WITH our_schema AS MATERIALIZED (
    SELECT
        n.oid,
        n.nspacl AS acl,
        CASE WHEN n.nspname <> current_schema() THEN 'dns.' END AS dns_prefix
    FROM pg_namespace AS n
    WHERE n.nspname IN (current_schema(), 'dns')
),

objects AS MATERIALIZED (
    SELECT
        CASE c.relkind WHEN 'v' THEN 'view' WHEN 'S' THEN 'sequence' ELSE 'table' END AS kind,
        concat(s.dns_prefix, c.relname) AS name,
        c.oid,
        c.relowner AS owned_by,
        c.relacl AS acl,
        -- Only triggers, the owner's commands and its migrations write these.
        concat(s.dns_prefix, c.relname) IN (
            'host_entries', 'log_epoch', 'erasures', 'erased_events', 'replica_of', 'compatible_migrations',
            'dns.names', 'dns.networks', 'dns.zone_changes', 'dns.serial_gaps', 'dns.pending'
        ) AS is_derived,
        FALSE AS is_definer,
        FALSE AS is_trigger
    FROM our_schema AS s
    INNER JOIN pg_class AS c ON s.oid = c.relnamespace AND c.relkind IN ('r', 'p', 'v', 'S')
    WHERE NOT starts_with(c.relname, '_yoyo_') AND c.relname <> 'yoyo_lock'

    UNION ALL

    SELECT
        'function',
        concat(s.dns_prefix, p.proname, '(', pg_get_function_identity_arguments(p.oid), ')'),
        p.oid,
        p.proowner,
        coalesce(p.proacl, acldefault('f', p.proowner)),
        FALSE,
        p.prosecdef,
        p.prorettype = 'trigger'::regtype
    FROM our_schema AS s
    INNER JOIN pg_proc AS p ON s.oid = p.pronamespace AND p.prokind = 'f'
),

grants AS MATERIALIZED (
    SELECT
        o.name,
        a.grantee,
        a.privilege_type AS privilege
    FROM objects AS o
    CROSS JOIN aclexplode(o.acl) AS a
    WHERE
        a.grantee <> o.owned_by
        AND CASE
            WHEN o.is_derived
                THEN a.grantee = 0 OR a.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER')
            -- With EXECUTE on a trigger's function a role could use it on a table of its own.
            WHEN o.kind = 'function' THEN o.is_definer AND (o.is_trigger OR a.grantee = 0)
            ELSE a.grantee = 0
        END

    UNION ALL

    SELECT
        concat(o.name, '.', c.attname),
        a.grantee,
        a.privilege_type
    FROM objects AS o
    INNER JOIN pg_attribute AS c ON o.oid = c.attrelid AND o.kind <> 'function'
    CROSS JOIN aclexplode(c.attacl) AS a
    WHERE a.grantee <> o.owned_by AND (a.grantee = 0 OR (o.is_derived AND a.privilege_type IN ('INSERT', 'UPDATE')))

    UNION ALL

    -- An object of another role in our schema could shadow a name in the owner's functions.
    SELECT
        concat(s.dns_prefix, 'schema'),
        a.grantee,
        a.privilege_type
    FROM our_schema AS s
    CROSS JOIN aclexplode(s.acl) AS a
    WHERE a.grantee = 0 AND a.privilege_type = 'CREATE'
)

SELECT
    'owner' AS kind,
    concat(o.kind, ' ', o.name) AS name,
    pg_get_userbyid(o.owned_by)::text AS definition
FROM objects AS o

UNION ALL

SELECT
    'grant',
    concat(
        g.name, '.', string_agg(g.privilege, ', ' ORDER BY g.privilege),
        ' to ', CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(g.grantee)::text END
    ),
    ''
FROM grants AS g
GROUP BY g.name, g.grantee

UNION ALL

-- session_replication_role = replica disables every trigger; hostsdb.copy is for one transaction.
SELECT
    'setting',
    concat('schema.', c.setting, CASE r.setrole WHEN 0 THEN NULL ELSE concat(' of ', pg_get_userbyid(r.setrole)) END),
    ''
FROM pg_db_role_setting AS r
INNER JOIN pg_database AS d ON d.datname = current_database() AND r.setdatabase IN (0, d.oid)
CROSS JOIN unnest(r.setconfig) AS c (setting)
WHERE c.setting ~ '^(session_replication_role=(?!origin)|hostsdb\.)'
