"""The straightforward design, for comparison only: no table of hosts, the state folded again for each query.

One table of events; a view that looks up the last value of each column; before each append an EXISTS on that view, as
there is no constraint that could refuse two live hosts with one address and name. PostgreSQL and DuckDB look the last
values up by DISTINCT ON per column, SQLite by a correlated subquery per column.
"""

from __future__ import annotations

from benchmarks.data import COLUMNS

_VALUES = ("ip_address", "hostname", "comment", "tags", "aliases")


def distinct_on(table: str, where: str = "TRUE") -> str:
    """Return the fold by DISTINCT ON per column, over the events that a condition takes."""
    last = "\n".join(
        f"LEFT JOIN (SELECT DISTINCT ON (aggregate_id) aggregate_id, {value} FROM {table}"
        f" WHERE {value} IS NOT NULL AND {where} ORDER BY aggregate_id, event_version DESC) AS {value}_"
        f" ON {value}_.aggregate_id = latest.aggregate_id"
        for value in _VALUES
    )
    return f"""
SELECT latest.aggregate_id AS id, ip_address_.ip_address, hostname_.hostname,
    nullif(comment_.comment, '') AS comment, coalesce(tags_.tags, '[]') AS tags,
    coalesce(aliases_.aliases, '[]') AS aliases,
    created.event_timestamp AS created_at, latest.created_at AS updated_at, latest.event_version
FROM (
    SELECT DISTINCT ON (aggregate_id) aggregate_id, event_type, event_version, created_at
    FROM {table} WHERE {where} ORDER BY aggregate_id, event_version DESC
) AS latest
INNER JOIN (
    SELECT aggregate_id, event_timestamp FROM {table} WHERE event_type = 'HostCreated' AND {where}
) AS created ON created.aggregate_id = latest.aggregate_id
{last}
WHERE latest.event_type <> 'HostDeleted'
"""


def subqueries(table: str, where: str = "TRUE") -> str:
    """Return the fold by a correlated subquery per column, over the events that a condition takes."""

    def last(value: str, condition: str) -> str:
        return (
            f"(SELECT e.{value} FROM {table} AS e WHERE e.aggregate_id = hosts.id AND {condition}"
            f" AND {where} ORDER BY e.event_version DESC LIMIT 1)"
        )

    ip_address, hostname, comment, tags, aliases = (last(v, f"e.{v} IS NOT NULL") for v in _VALUES)
    return f"""
SELECT hosts.id, {ip_address} AS ip_address, {hostname} AS hostname, nullif({comment}, '') AS comment,
    coalesce({tags}, '[]') AS tags, coalesce({aliases}, '[]') AS aliases,
    {last("event_timestamp", "e.event_type = 'HostCreated'")} AS created_at,
    {last("created_at", "TRUE")} AS updated_at, {last("event_version", "TRUE")} AS event_version
FROM (SELECT DISTINCT aggregate_id AS id FROM {table} WHERE {where}) AS hosts
WHERE {last("event_type", "TRUE")} <> 'HostDeleted'
    AND {last("event_type", "e.event_type = 'HostCreated'")} IS NOT NULL
"""


FOLD = {"postgres": distinct_on, "duckdb": distinct_on, "sqlite": subqueries}

_KEYS = {
    "postgres": [
        "ALTER TABLE straight_events ADD PRIMARY KEY (event_id)",
        "CREATE UNIQUE INDEX straight_aggregate ON straight_events (aggregate_id, event_version)",
        "VACUUM ANALYZE straight_events",
    ],
    "duckdb": [
        "CREATE UNIQUE INDEX straight_pkey ON straight_events (event_id)",
        "CREATE UNIQUE INDEX straight_aggregate ON straight_events (aggregate_id, event_version)",
        "CHECKPOINT",
    ],
    "sqlite": [
        "CREATE UNIQUE INDEX straight_pkey ON straight_events (event_id)",
        "CREATE UNIQUE INDEX straight_aggregate ON straight_events (aggregate_id, event_version)",
        "ANALYZE straight_events",
    ],
}
SCHEMA = {
    engine: [
        f"CREATE TABLE straight_events AS SELECT {COLUMNS} FROM host_events",
        *keys,
        f"CREATE VIEW straight_entries AS {FOLD[engine]('straight_events')}",
    ]
    for engine, keys in _KEYS.items()
}

LIST = "SELECT * FROM straight_entries ORDER BY ip_address, hostname"
EXISTS = "SELECT EXISTS (SELECT 1 FROM straight_entries WHERE ip_address = {0} AND hostname = {0})"
INSERT = (
    "INSERT INTO straight_events"
    " (event_id, aggregate_id, event_type, event_version, ip_address, hostname, metadata, event_timestamp, created_at)"
    " VALUES ({0}, {0}, 'HostCreated', {0}, {0}, {0}, '{{}}', {0}, {0})"
)
