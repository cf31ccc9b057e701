-- The version of yoyo's own tables.
INSERT INTO _yoyo_version (version, installed_at_utc)
SELECT
    2 AS version,
    make_timestamp(epoch_us(now())) AS installed_at_utc
WHERE NOT EXISTS (SELECT 1 FROM _yoyo_version)
