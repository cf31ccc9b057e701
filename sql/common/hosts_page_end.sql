-- The id of the last host of a page of the log's hosts, deleted ones included; NULL after the last page.
SELECT max(page.id) AS id
FROM (
    SELECT DISTINCT e.aggregate_id AS id
    FROM host_events AS e
    WHERE e.aggregate_id > :after
    ORDER BY id
    LIMIT :limit
) AS page
