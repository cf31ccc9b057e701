-- What is another after each event.
SELECT position
FROM log_head
