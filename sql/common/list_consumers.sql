SELECT name, position, updated_at
FROM consumers
ORDER BY name
