-- How many rows the table has that always has one.
SELECT count(*) AS heads
FROM log_head
