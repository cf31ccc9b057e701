-- The objects of the schema: kind, name and definition. The definition is the text of the CREATE statement.
SELECT
    m.type AS kind,
    CASE m.type WHEN 'trigger' THEN m.tbl_name || '.' || m.name ELSE m.name END AS name,
    -- ALTER TABLE RENAME puts the table's name in quotes, so it is left out. The columns and constraints follow it.
    CASE m.type WHEN 'table' THEN substr(m.sql, instr(m.sql, '(')) ELSE m.sql END AS definition
FROM sqlite_master AS m
-- An index of a PRIMARY KEY or UNIQUE constraint has no text.
WHERE m.sql IS NOT NULL AND m.name NOT GLOB '_yoyo_*' AND m.name <> 'yoyo_lock'
