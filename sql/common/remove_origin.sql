DELETE FROM replica_of
WHERE origin = :origin
