SELECT count(*) AS erasures
FROM erasures
