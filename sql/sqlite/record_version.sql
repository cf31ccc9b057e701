-- The version of yoyo's own tables.
INSERT INTO _yoyo_version (version, installed_at_utc)
SELECT
    2 AS version,
    strftime('%Y-%m-%dT%H:%M:%f', 'now') AS installed_at_utc
WHERE NOT EXISTS (SELECT 1 FROM _yoyo_version)
