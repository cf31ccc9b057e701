-- The row that a dump of the schema alone lacks.
INSERT INTO log_epoch (xid_offset) VALUES (0) ON CONFLICT DO NOTHING
