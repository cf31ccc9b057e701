SELECT count(*) AS consumers
FROM consumers
