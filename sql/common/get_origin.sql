SELECT origin, since
FROM replica_of
