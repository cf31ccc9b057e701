-- The objects of the schema: what each is (kind), its name and its definition, the text that made it. A table's
-- columns and constraints stand in that text.
SELECT
    m.type AS kind,
    CASE m.type WHEN 'trigger' THEN m.tbl_name || '.' || m.name ELSE m.name END AS name,
    m.sql AS definition
FROM sqlite_master AS m
-- The index of a key has no text of its own.
WHERE m.sql IS NOT NULL AND m.name NOT GLOB '_yoyo_*' AND m.name <> 'yoyo_lock'
