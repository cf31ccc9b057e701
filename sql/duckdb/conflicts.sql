-- Returns for each event of a refused batch: the address and name of its host after the event, whether the host is
-- stored and live, which live host has that address and name, and the host's version. Each element of :events is
-- [host, ip_address, hostname]; NULL stands for the value that is stored. Differs because the JSON functions differ.
SELECT
    coalesce(wanted.ip_address, own.ip_address) AS ip_address,
    coalesce(wanted.hostname, own.hostname) AS hostname,
    own.id IS NOT NULL AS is_live,
    holder.id AS holder,
    (
        SELECT max(e.event_version)
        FROM host_events AS e
        WHERE e.aggregate_id = wanted.aggregate_id
    ) AS current_version
FROM (
    SELECT
        n.number,
        n.item[1] AS aggregate_id,
        n.item[2] AS ip_address,
        n.item[3] AS hostname
    FROM (
        SELECT
            unnest(given.events) AS item,
            generate_subscripts(given.events, 1) AS number
        FROM (SELECT from_json(:events, '[["VARCHAR"]]') AS events) AS given
    ) AS n
) AS wanted
LEFT JOIN host_entries AS own ON wanted.aggregate_id = own.id
LEFT JOIN host_entries AS holder
    ON
        holder.ip_address = coalesce(wanted.ip_address, own.ip_address)
        AND holder.hostname = coalesce(wanted.hostname, own.hostname)
ORDER BY wanted.number
