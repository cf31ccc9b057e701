DELETE FROM consumers
WHERE name = :name
