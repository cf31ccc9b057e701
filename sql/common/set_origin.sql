INSERT INTO replica_of (origin)
VALUES (:origin)
