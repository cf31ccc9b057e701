UPDATE consumers
SET position = :position, updated_at = :now
WHERE name = :name
