-- Record that a deleted host is erased. The time is the database's.
INSERT INTO erasures (aggregate_id, erased_by, reason)
VALUES (:aggregate_id, :erased_by, :reason)
