INSERT INTO erasures (aggregate_id, erased_at, erased_by, reason)
VALUES (:aggregate_id, :erased_at, :erased_by, :reason)
