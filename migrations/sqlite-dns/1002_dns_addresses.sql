-- depends: 1001_dns_zones
-- What: dns_addresses, the address of each host in the form that is served, and the name of its pointer.
-- Why: host_entries has addresses as they were written; PowerDNS asks for the name of a pointer.
-- DBA: a view, no data.

-- The address of each host: its type, its canonical form and the name of its pointer, separated by blanks; NULL for a
-- text that is no address. It is one text, because SQLite evaluates the expression of a column at each use of it. Each
-- LIMIT keeps SQLite from putting an expression into the outer query several times.
-- The patterns let pass four numbers of at most 255 without leading zeros, and json_extract turns them around. Of an
-- IPv6 address the 32 digits are put together from what is before and after the `::`. The longest run of zeros
-- becomes `::` again.
CREATE VIEW dns_addresses AS
SELECT
    h.id,
    h.hostname,
    h.aliases,
    h.priority,
    h.first_position,
    CASE
        WHEN instr(h.ip_address, ':') > 0
            THEN (
                SELECT
                    'AAAA ' || CASE
                        WHEN d.digits GLOB '00000000000000000000ffff*'
                            THEN
                                '::ffff:' || (
                                    SELECT
                                        group_concat(
                                            instr('0123456789abcdef', substr(d.digits, j.value, 1)) * 16
                                            + instr('0123456789abcdef', substr(d.digits, j.value + 1, 1)) - 17, '.'
                                        )
                                    FROM json_each('[25, 27, 29, 31]') AS j
                                )
                        ELSE (
                            SELECT
                                coalesce(
                                    ltrim(substr(g.joined, 1, instr(g.joined, z.zeros) - 1), ':') || '::'
                                    || rtrim(substr(g.joined, instr(g.joined, z.zeros) + length(z.zeros)), ':'),
                                    trim(g.joined, ':')
                                )
                            FROM (
                                SELECT
                                    ':' || group_concat(coalesce(
                                        nullif(ltrim(substr(d.digits, j.value, 4), '0'), ''), '0'
                                    ), ':') || ':' AS joined
                                FROM json_each('[1, 5, 9, 13, 17, 21, 25, 29]') AS j
                            ) AS g
                            LEFT JOIN (
                                SELECT ':' || substr('0:0:0:0:0:0:0:0:', 1, 2 * k.value) AS zeros
                                FROM json_each('[8, 7, 6, 5, 4, 3, 2]') AS k
                            ) AS z ON instr(g.joined, z.zeros) > 0
                            LIMIT 1 -- noqa: AM09
                        )
                    END || ' ' || (
                        SELECT group_concat(substr(d.digits, j.value, 1), '.')
                        FROM json_each(
                            '[32,31,30,29,28,27,26,25,24,23,22,21,20,19,18,17,16,15,14,13,12,11,10,9,8,7,6,5,4,3,2,1]'
                        ) AS j
                    ) || '.ip6.arpa'
                FROM (
                    SELECT
                        iif(
                            iif(
                                p.gap > 0, length(p.front) + length(p.back) < 32, length(p.front) = 32
                            ),
                            p.front
                            || substr(
                                '00000000000000000000000000000000', 1, 32 - length(p.front) - length(p.back)
                            )
                            || p.back,
                            NULL
                        ) AS digits
                    FROM (
                        SELECT
                            c.gap,
                            coalesce((
                                SELECT group_concat(substr('0000' || j.value, -4), '')
                                FROM json_each('["' || replace(c.head, ':', '","') || '"]') AS j
                                WHERE c.head <> ''
                            ), '') AS front,
                            coalesce((
                                SELECT group_concat(substr('0000' || j.value, -4), '')
                                FROM json_each('["' || replace(c.tail, ':', '","') || '"]') AS j
                                WHERE c.tail <> ''
                            ), '') AS back
                        FROM (
                            SELECT
                                instr(t.written, '::') AS gap,
                                substr(t.written, 1, instr(t.written || '::', '::') - 1) AS head,
                                substr(t.written, instr(t.written || '::', '::') + 2) AS tail
                            FROM (
                                SELECT
                                    iif(
                                        instr(h.ip_address, '.') > 0,
                                        (
                                            SELECT
                                                '::ffff:' || printf(
                                                    '%02x%02x:%02x%02x',
                                                    json_extract(v.octets, '$[0]'), json_extract(v.octets, '$[1]'),
                                                    json_extract(v.octets, '$[2]'), json_extract(v.octets, '$[3]')
                                                )
                                            FROM (
                                                SELECT
                                                    '[' || replace(substr(h.ip_address, 8), '.', ',') || ']' AS octets
                                                LIMIT 1 -- noqa: AM09
                                            ) AS v
                                            WHERE
                                                lower(h.ip_address) GLOB '::ffff:[0-9]*' AND json_valid(v.octets)
                                                AND json_array_length(v.octets) = 4
                                                AND NOT EXISTS (
                                                    SELECT 1 FROM json_each(v.octets) AS o
                                                    WHERE o.type <> 'integer' OR o.value NOT BETWEEN 0 AND 255
                                                )
                                        ),
                                        lower(h.ip_address)
                                    ) AS written
                                LIMIT 1 -- noqa: AM09
                            ) AS t
                            WHERE
                                length(t.written) <= 39 AND t.written NOT GLOB '*[^0-9a-f:]*'
                                AND t.written NOT GLOB '*:::*' AND t.written NOT GLOB '*::*::*'
                                AND t.written NOT GLOB '*[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]*'
                                AND (t.written GLOB '::*' OR t.written NOT GLOB ':*')
                                AND (t.written GLOB '*::' OR t.written NOT GLOB '*:')
                            LIMIT 1 -- noqa: AM09
                        ) AS c
                        LIMIT 1 -- noqa: AM09
                    ) AS p
                    LIMIT 1 -- noqa: AM09
                ) AS d
            )
        WHEN
            h.ip_address NOT GLOB '*[^0-9.]*'
            AND h.ip_address GLOB '*.*.*.*' AND h.ip_address NOT GLOB '*.*.*.*.*'
            AND '.' || h.ip_address || '.' NOT GLOB '*..*' AND '.' || h.ip_address NOT GLOB '*.0[0-9]*'
            AND h.ip_address NOT GLOB '*[0-9][0-9][0-9][0-9]*' AND h.ip_address NOT GLOB '*[3-9][0-9][0-9]*'
            AND h.ip_address NOT GLOB '*2[6-9][0-9]*' AND h.ip_address NOT GLOB '*25[6-9]*'
            THEN
                'A ' || h.ip_address || ' ' || replace(trim(
                    json_extract('[' || replace(h.ip_address, '.', ',') || ']', '$[3]', '$[2]', '$[1]', '$[0]'), '[]'
                ), ',', '.') || '.in-addr.arpa'
    END AS address
FROM host_entries AS h;
