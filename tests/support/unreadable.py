"""Rows that the schema refuses, stored by raw SQL after the guards were removed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tests.verifying.damage import forced

AT = "2026-01-31 12:00:00.000000+00:00"
VERSION = f"01J{'0' * 23}"
_ENTRY = ("ip_address", "hostname", "comment", "tags", "aliases", "created_at", "event_version")
_SNAPSHOT = {"snapshot_id": "'badsnapshot'", "hosts_content": "''", "entry_count": "0", "trigger": "'manual'"}


@dataclass(frozen=True)
class Bad:
    """A row of host_events, and the row of host_entries that it would make.

    Attributes:
        columns: what differs from a valid HostCreated, as SQL.
        entry: whether the host cannot be read either.
    """

    columns: dict[str, str]
    entry: bool = True


def _tags(content: str) -> Bad:
    return Bad({"tags": f"'{content}'"})


_DEEP = "[" * 200_000
BAD = {
    "no_json": _tags("x"),
    "null_in_tags": _tags("[1, null]"),
    "object_in_tags": _tags('[{"a": 1}]'),
    "tags_are_an_object": _tags('{"a": "b"}'),
    "nested_aliases": Bad({"aliases": """'[["a"]]'"""}),
    "unclosed": _tags('["a"'),
    "two_arrays": _tags('["a"]["b"]'),
    "deep": Bad({"aliases": f"'{_DEEP}'"}),
    "huge_integer": Bad({"aliases": f"'[{'9' * 5000}]'"}),
    "escaped_nul": Bad({"aliases": """'["a\\u0000b"]'"""}),
    "escaped_surrogate": Bad({"aliases": """'["\\ud800"]'"""}),
    "unknown_type": Bad({"event_type": "'HostRenumbered'"}, entry=False),
    "missing_column": Bad({"event_type": "'CommentUpdated'"}, entry=False),
    "metadata_is_an_array": Bad({"metadata": "'[]'"}, entry=False),
    "metadata_is_deep": Bad({"metadata": """'{"a": """ + _DEEP + "'"}, entry=False),
    "old_tags_is_a_number": Bad(
        {"event_type": "'TagsModified'", "tags": "'[]'", "metadata": """'{"old_tags": 5}'"""}, entry=False
    ),
    "reason_is_a_list": Bad({"event_type": "'HostDeleted'", "metadata": """'{"reason": []}'"""}, entry=False),
    "repeated_key": Bad(
        {"event_type": "'IpAddressChanged'", "metadata": """'{"old_ip": "a", "old_ip": "b"}'"""}, entry=False
    ),
    "surrogate_in_metadata": Bad(
        {"event_type": "'IpAddressChanged'", "metadata": """'{"old_ip": "\\ud800"}'"""}, entry=False
    ),
    "no_ulid": Bad({"event_version": "'zzzzzzzzzzzzzzzzzzzzzzzzzz'"}, entry=False),
    "short_version": Bad({"event_version": "'1'"}, entry=False),
}
_INFINITE = {
    "infinity": Bad({"created_at": "'infinity'"}),
    "minus_infinity": Bad({"created_at": "'-infinity'"}),
    "late": Bad({"created_at": "'10000-01-01 00:00:00+00'"}),
}
_NUL = {
    "nul": Bad({"comment": "'a' || chr(0)"}, entry=False),
    "nul_in_the_name": Bad({"hostname": "'a' || chr(0) || 'b'"}, entry=False),
}
OF_ENGINE = {
    "postgres": BAD | _INFINITE | {"before_christ": Bad({"created_at": "'0044-03-15 00:00:00+00 BC'"})},
    "duckdb": BAD | _INFINITE | _NUL,
    "sqlite": BAD
    | {
        "no_time": Bad({"created_at": "'yesterday'"}),
        "infinity": Bad({"created_at": "'infinity'"}),
        "overflow": Bad({"created_at": "'0001-01-01 00:00:00+12:00'"}),
        "no_utf8": Bad({"comment": "CAST(x'61ff62' AS TEXT)"}),
        "surrogate": Bad({"hostname": "CAST(x'eda080' AS TEXT)"}),
        "nul": Bad({"comment": "'a' || char(0)"}, entry=False),
        "nul_in_the_name": Bad({"hostname": "'a' || char(0) || 'b'"}, entry=False),
    },
}
# Kinds whose entry is not readable either.
SKIPPED = {engine: [k for k, bad in kinds.items() if bad.entry] for engine, kinds in OF_ENGINE.items()}


def store(url: str) -> dict[str, Bad]:
    """Remove the guards of a database and store a host `bad-<kind>` of each kind, a bad snapshot and a bad consumer."""
    engine = re.match("postgres|duckdb|sqlite", url)[0]  # type: ignore[index]
    kinds = OF_ENGINE[engine]
    with forced(url) as connection:
        for table in ("host_events", "snapshots", "consumers"):
            _DROP_CHECKS[engine](connection, table)
        ((last,),) = connection.execute("SELECT coalesce(max(position), 0) FROM host_events").fetchall()
        for number, (kind, bad) in enumerate(kinds.items(), 1):
            columns = _columns(kind, number) | bad.columns
            given = columns if engine == "duckdb" else columns | {"position": str(last + number)}
            _insert(connection, "host_events", given)
            if columns["event_type"] != "'HostDeleted'":
                entry = {name: columns[name] for name in _ENTRY}
                entry |= {"id": columns["aggregate_id"], "updated_at": columns["created_at"]}
                entry |= {"priority": "0", "first_position": str(last + number)}
                _insert(connection, "host_entries", entry)
        when = "'yesterday'" if engine == "sqlite" else "'infinity'"
        _insert(connection, "snapshots", _SNAPSHOT | {"created_at": when})
        _insert(connection, "consumers", {"name": "'badconsumer'", "position": "1", "updated_at": when})
        if engine == "duckdb":
            connection.execute("UPDATE log_head SET position = (SELECT max(position) FROM host_events)")
    return kinds


def _columns(kind: str, number: int) -> dict[str, str]:
    return {
        "event_id": f"'event-{kind}'",
        "aggregate_id": f"'bad-{kind}'",
        "event_type": "'HostCreated'",
        "event_version": f"'{VERSION}'",
        "ip_address": f"'10.66.0.{number}'",
        "hostname": f"'{kind}.bad'",
        "comment": "NULL" if kind == "missing_column" else "'c'",
        "tags": "'[]'",
        "aliases": "'[]'",
        "event_timestamp": f"'{AT}'",
        "metadata": "'{}'",
        "created_at": f"'{AT}'",
    }


def _insert(connection: Any, table: str, columns: dict[str, str]) -> None:
    names = ", ".join(f'"{name}"' for name in columns)
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join(columns.values())})")


def _drop_postgres(connection: Any, table: str) -> None:
    checks = (
        f"SELECT conname FROM pg_constraint WHERE conrelid = '{table}'::regclass AND contype IN ('c', 'f')"
    )
    for (name,) in connection.execute(checks).fetchall():
        connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")


def _drop_duckdb(connection: Any, table: str) -> None:
    """Make the table again without its checks: DuckDB cannot drop one."""
    ((made,),) = connection.execute(
        f"SELECT sql FROM duckdb_tables() WHERE table_name = '{table}'"
    ).fetchall()
    indexes = f"SELECT sql FROM duckdb_indexes() WHERE table_name = '{table}'"
    statements = [sql for (sql,) in connection.execute(indexes).fetchall()]
    connection.execute(f"CREATE TABLE saved AS SELECT * FROM {table}")
    connection.execute(f"DROP TABLE {table}")
    connection.execute(_without(_without(made, "CHECK"), "FOREIGN KEY"))
    connection.execute(f"INSERT INTO {table} SELECT * FROM saved")
    connection.execute("DROP TABLE saved")
    for sql in statements:
        connection.execute(sql)


def _without(sql: str, constraint: str) -> str:
    """Return a CREATE TABLE without the constraints of one kind."""
    sql = re.sub(r" REFERENCES \w+\([^()]*\)", "", sql) if constraint == "FOREIGN KEY" else sql
    while found := re.search(rf", (?:CONSTRAINT \w+ )?{constraint} ?\(", sql):
        depth, end = 1, found.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(sql[end], 0)
            end += 1
        sql = sql[: found.start()] + sql[end:]
    return sql


_DROP_CHECKS = {
    "postgres": _drop_postgres,
    "duckdb": _drop_duckdb,
    "sqlite": lambda connection, table: connection.execute("PRAGMA ignore_check_constraints = ON"),
}
