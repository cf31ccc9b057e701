-- The objects of the schema: kind, name and definition. The definition is the text of the CREATE statement.
SELECT
    m.type AS kind,
    -- A part of a table begins with the table's name, in lower case: a trigger keeps its table's name as it was typed.
    CASE WHEN m.type IN ('trigger', 'index') THEN lower(m.tbl_name) || '.' || m.name ELSE m.name END AS name,
    -- ALTER TABLE RENAME puts the table's name in quotes, so it is left out. The columns and constraints follow it.
    CASE m.type WHEN 'table' THEN substr(m.sql, instr(m.sql, '(')) ELSE m.sql END AS definition
FROM sqlite_master AS m
-- An index of a PRIMARY KEY or UNIQUE constraint has no text. SQLite keeps sqlite_sequence after its table is dropped.
WHERE m.sql IS NOT NULL AND m.name NOT GLOB '_yoyo_*' AND m.name NOT GLOB 'sqlite_*' AND m.name <> 'yoyo_lock'

UNION ALL

-- The comparison of texts goes by the bytes of the encoding.
SELECT
    'setting',
    'schema.encoding=' || e.encoding,
    ''
FROM pragma_encoding AS e
WHERE e.encoding <> 'UTF-8'
