-- Returns the events after which two live hosts have the same address and hostname, if the log is replayed in the order
-- of position. Each row of pairs is a pair that a host has from one position until another; the last value of a column
-- that is not NULL is the one of the greatest version, as in host_entries_current. Only hosts that ever have a hostname
-- in common with another host are replayed.
WITH shared AS (
    SELECT e.hostname
    FROM host_events AS e
    WHERE e.hostname IS NOT NULL
    GROUP BY e.hostname
    HAVING min(e.aggregate_id) <> max(e.aggregate_id)
),

sharing AS (
    SELECT DISTINCT e.aggregate_id
    FROM host_events AS e
    INNER JOIN shared AS s ON e.hostname = s.hostname
),

pairs AS (
    SELECT
        e.aggregate_id,
        e.event_id,
        e.event_type,
        e.position,
        substr(max(e.event_version || e.ip_address) OVER chain, 27) AS ip_address,
        substr(max(e.event_version || e.hostname) OVER chain, 27) AS hostname,
        lead(e.position) OVER chain AS next_position
    FROM host_events AS e
    INNER JOIN sharing AS s ON e.aggregate_id = s.aggregate_id
    WHERE e.ip_address IS NOT NULL OR e.hostname IS NOT NULL
    WINDOW chain AS (PARTITION BY e.aggregate_id ORDER BY e.position)
),

taken AS (
    SELECT
        p.aggregate_id,
        p.event_id,
        p.position,
        max(coalesce(p.next_position, 9223372036854775807)) OVER (
            PARTITION BY p.ip_address, p.hostname
            ORDER BY p.position
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS taken_until
    FROM pairs AS p
    WHERE p.event_type <> 'HostDeleted'
)

SELECT
    'pair_taken' AS kind,
    t.aggregate_id AS id,
    t.event_id || ' at position ' || cast(t.position AS text) AS subject
FROM taken AS t
WHERE t.taken_until > t.position
LIMIT :limit -- noqa: AM09
