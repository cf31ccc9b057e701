"""The ways in which the fold was tried, per engine. {where} is the condition on the events, `TRUE` for all of them.

Each is a SELECT with the columns of host_entries_current, without priority and first_position. Which is the fastest
differs from engine to engine; the one that runs is in migrations/ and sql/.
"""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.straightforward import distinct_on, subqueries

_VALUES = ("ip_address", "hostname", "comment", "tags", "aliases")
_LIVE = "bool_or(e.event_type = 'HostCreated') AND NOT bool_or(e.event_type = 'HostDeleted')"
_LIVE_SQLITE = "max(e.event_type = 'HostCreated') = 1 AND max(e.event_type = 'HostDeleted') = 0"
_CREATED = "max(e.event_timestamp) FILTER (WHERE e.event_type = 'HostCreated')"
_BY_GROUP = "FROM host_events AS e WHERE {where} GROUP BY e.aggregate_id HAVING "


def _columns(last: Callable[[str], str], created: str, updated: str, version: str, id: str) -> str:
    ip_address, hostname, comment, tags, aliases = map(last, _VALUES)
    return f"""
SELECT {id} AS id, {ip_address} AS ip_address, {hostname} AS hostname, nullif({comment}, '') AS comment,
    coalesce({tags}, '[]') AS tags, coalesce({aliases}, '[]') AS aliases,
    {created} AS created_at, {updated} AS updated_at, {version} AS event_version
"""


def _grouped(last: Callable[[str], str], updated: str, created: str = _CREATED, live: str = _LIVE) -> str:
    """Return a fold by GROUP BY, with one aggregate for each column."""
    return _columns(last, created, updated, "max(e.event_version)", "e.aggregate_id") + _BY_GROUP + live


def _greatest(value: str) -> str:
    return f"substr(max(e.event_version || e.{value}), 27)"


def _windowed(last: Callable[[str], str]) -> str:
    """Return a fold by windows, with the latest row of each host taken."""
    inner = _columns(
        last,
        "first_value(e.event_timestamp) OVER w",
        "last_value(e.created_at) OVER w",
        "e.event_version",
        "e.aggregate_id",
    )
    return f"""
SELECT id, ip_address, hostname, comment, tags, aliases, created_at, updated_at, event_version FROM (
{inner}, e.event_type, last_value(e.event_version) OVER w AS latest, first_value(e.event_type) OVER w AS first_type
FROM host_events AS e
WHERE {{where}}
WINDOW w AS (PARTITION BY e.aggregate_id ORDER BY e.event_version
    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
) AS folded WHERE event_version = latest AND event_type <> 'HostDeleted' AND first_type = 'HostCreated'
"""


def _filtered_array(value: str) -> str:
    return f"(array_agg(e.{value} ORDER BY e.event_version DESC) FILTER (WHERE e.{value} IS NOT NULL))[1]"


def _sorted_window(value: str) -> str:
    return (
        f"first_value(e.{value}) OVER (PARTITION BY e.aggregate_id ORDER BY (e.{value} IS NULL), e.event_version DESC"
        " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"
    )


def _greatest_window(value: str) -> str:
    return f"substr(max(e.event_version || e.{value}) OVER w, 27)"


# A moment as text that max() can carry behind the version, and back: exact for every year, in any time zone.
_HEX = "encode(timestamptz_send(e.created_at), 'hex')"
_MICROSECONDS = f"('x' || substr(max(e.event_version || {_HEX}), 27))::bit(64)::bigint"
_HEX_MOMENT = (
    f"timestamptz '2000-01-01 00:00:00+00' + {_MICROSECONDS} / 3600000000 * interval '1 hour'"
    f" + {_MICROSECONDS} % 3600000000 * interval '1 microsecond'"
)
_ARRAY_MOMENT = "(array_agg(e.created_at ORDER BY e.event_version DESC))[1]"

POSTGRES = {
    "GROUP BY, substr(max(version || x), 27), updated_at by array_agg": _grouped(_greatest, _ARRAY_MOMENT),
    "GROUP BY, substr(max(version || x), 27), updated_at as hexadecimal": _grouped(_greatest, _HEX_MOMENT),
    "GROUP BY, substr(max(version || x), 27), updated_at by a join": f"""
SELECT f.id, f.ip_address, f.hostname, f.comment, f.tags, f.aliases, f.created_at, l.created_at AS updated_at,
    f.event_version
FROM ({_grouped(_greatest, "NULL")}) AS f
INNER JOIN host_events AS l ON l.aggregate_id = f.id AND l.event_version = f.event_version
""",
    "GROUP BY, array_agg(x ORDER BY version) FILTER": _grouped(_filtered_array, _ARRAY_MOMENT),
    "GROUP BY, max(ARRAY[version, x])": _grouped(
        lambda x: f'(max(ARRAY[e.event_version COLLATE "C", e.{x}]) FILTER (WHERE e.{x} IS NOT NULL))[2]',
        _ARRAY_MOMENT,
    ),
    "DISTINCT ON per column": distinct_on("host_events", "{where}"),
    "window, max(version || x) OVER": _windowed(_greatest_window),
    "window, first_value(x) OVER (... x IS NULL, version DESC)": _windowed(_sorted_window),
}
POSTGRES_19 = {
    **POSTGRES,
    "window, last_value(x) IGNORE NULLS": _windowed(lambda x: f"last_value(e.{x}) IGNORE NULLS OVER w"),
}
DUCKDB = {
    "window, last_value(x IGNORE NULLS)": _windowed(lambda x: f"last_value(e.{x} IGNORE NULLS) OVER w"),
    "GROUP BY, arg_max(x, version)": _grouped(
        lambda x: f"arg_max(e.{x}, e.event_version)", "arg_max(e.created_at, e.event_version)"
    ),
    "GROUP BY, last(x ORDER BY version) FILTER": _grouped(
        lambda x: f"last(e.{x} ORDER BY e.event_version) FILTER (WHERE e.{x} IS NOT NULL)",
        "last(e.created_at ORDER BY e.event_version)",
    ),
    "GROUP BY, substr(max(version || x), 27)": _grouped(_greatest, "arg_max(e.created_at, e.event_version)"),
    "DISTINCT ON per column": distinct_on("host_events", "{where}"),
}
SQLITE = {
    "GROUP BY, substr(max(version || x), 27)": _grouped(
        _greatest, _greatest("created_at"), live=_LIVE_SQLITE
    ),
    "GROUP BY +aggregate_id, substr(max(version || x), 27)": _grouped(
        _greatest, _greatest("created_at"), live=_LIVE_SQLITE
    ).replace("GROUP BY ", "GROUP BY +"),
    "correlated subquery per column": subqueries("host_events", "{where}"),
    "window, max(version || x) OVER": _windowed(_greatest_window),
}
FORMS = {"postgres": POSTGRES, "duckdb": DUCKDB, "sqlite": SQLITE}
