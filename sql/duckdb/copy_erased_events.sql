INSERT INTO erased_events (position, event_id, leaf)
SELECT
    given.n[1]::BIGINT,
    given.n[2],
    given.n[3]
FROM (SELECT unnest(from_json(:rows, '[["VARCHAR"]]')) AS n) AS given
