-- How far a reader of the log has come.
SELECT position
FROM consumers
WHERE name = :name
