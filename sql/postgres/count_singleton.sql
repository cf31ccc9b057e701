-- How many rows the table has that always has one.
SELECT count(*) AS epochs
FROM log_epoch
