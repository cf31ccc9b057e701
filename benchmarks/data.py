"""The databases that figures are measured on: hosts with the same number of events each, kept by the shipped triggers.

Events come in generations: the first event of every host, then the second of every host.
Ids, names and times follow from the host's number, so every engine has the same rows.
"""

from __future__ import annotations

import csv
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import psycopg

import hostsdb
from hostsdb.rows import to_json
from hostsdb.sql_files import load

Row = tuple[str | None, ...]

COLUMNS = (
    "event_id, aggregate_id, event_type, event_version, ip_address, hostname, comment, tags, aliases,"
    " priority, event_timestamp, metadata, created_at, created_by, expected_version"
)
_START = datetime(2026, 1, 1, tzinfo=UTC)
_CHANGES = ("CommentUpdated", "TagsModified", "AliasesModified", "IpAddressChanged", "HostnameChanged")
# The change that sets each of the columns ip_address, hostname, comment, tags and aliases.
_COLUMN_OF = ("IpAddressChanged", "HostnameChanged", "CommentUpdated", "TagsModified", "AliasesModified")


@dataclass(frozen=True, slots=True)
class Shape:
    """How many hosts, how many events each, and whether every tenth host is deleted by a further event."""

    hosts: int
    events: int
    deletions: bool = False

    def __str__(self) -> str:
        return f"{self.hosts}x{self.events}{'d' if self.deletions else ''}"

    def middle(self) -> datetime:
        """Return a moment with half of the events before it."""
        return _moment(self.events // 2, 0)


def host_id(host: int) -> str:
    """Return the id of the host with this number."""
    return f"01JH{host:022X}"


def pair(shape: Shape, host: int) -> tuple[str, str]:
    """Return the address and the hostname that a live host has after all of its events."""
    ip_address, hostname = _address(host, 0), _name(host, 0)
    for generation in range(1, shape.events):
        ip_address = _change(generation, host)[0] or ip_address
        hostname = _change(generation, host)[1] or hostname
    return ip_address, hostname


def _moment(generation: int, host: int) -> datetime:
    return _START + timedelta(days=generation, microseconds=host)


def _version(generation: int, host: int) -> str:
    return f"01JQ{generation:06X}{host:016X}"


def _address(host: int, generation: int) -> str:
    return f"{10 + generation}.{host >> 16 & 255}.{host >> 8 & 255}.{host & 255}"


def _name(host: int, generation: int) -> str:
    return f"host-{host:06}-{generation:02}.example.net"


def _change(generation: int, host: int) -> tuple[str | None, ...]:
    """Return ip_address, hostname, comment, tags and aliases as a change sets them."""
    kind = _kind(generation, host)
    return tuple(_value(kind, generation, host) if column == kind else None for column in _COLUMN_OF)


def _kind(generation: int, host: int) -> str:
    return _CHANGES[(generation + host) % 5]


def _value(kind: str, generation: int, host: int) -> str:
    match kind:
        case "IpAddressChanged":
            return _address(host, generation)
        case "HostnameChanged":
            return _name(host, generation)
        case "CommentUpdated":  # every seventh has none, or clears it
            return f"rack {generation:02}, shelf {host % 40}" if host % 7 else ""
        case "TagsModified":
            return to_json(["lan", f"rack-{generation:02}"])
        case _:
            return to_json([f"h{host}", f"h{host}-{generation:02}"])


def generations(shape: Shape) -> Iterator[Iterator[Row]]:
    """Yield the events in the log's order, COLUMNS of each, generation by generation."""
    create = _created_bare if shape.deletions else _created
    yield (create(host) for host in range(shape.hosts))
    for generation in range(1, shape.events):
        yield (_changed(generation, host) for host in range(shape.hosts))
    if shape.deletions:
        yield (_deleted(shape, host) for host in range(0, shape.hosts, 10))


def _created(host: int) -> Row:
    # Hosts look alike however many events they have had, so that only the events make a difference.
    values = [_value(kind, 0, host) or None for kind in _COLUMN_OF[2:]]
    return _event(0, host, "HostCreated", (_address(host, 0), _name(host, 0), *values))


def _created_bare(host: int) -> Row:
    """Return a creation without some of what may be missing, for the forms that must be equal."""
    tags, aliases = (None, None) if host % 3 == 0 else ('["lan"]', to_json([f"h{host}"]))
    comment = f"made for room {host % 100}" if host % 2 else None
    return _event(0, host, "HostCreated", (_address(host, 0), _name(host, 0), comment, tags, aliases))


def _changed(generation: int, host: int) -> Row:
    return _event(generation, host, _kind(generation, host), _change(generation, host))


def _deleted(shape: Shape, host: int) -> Row:
    return _event(shape.events, host, "HostDeleted", (*pair(shape, host), None, None, None))


def _event(generation: int, host: int, kind: str, columns: Row) -> Row:
    moment = _moment(generation, host).isoformat(" ", "microseconds")
    version, before = _version(generation, host), _version(generation - 1, host) if generation else None
    event_id = f"01JE{version[4:]}"
    return (event_id, host_id(host), kind, version, *columns, None, moment, "{}", moment, "benchmark", before)


def build(url: str, shape: Shape) -> None:
    """Make the schema and fill it by the engine's bulk way, durability as it is; leave it analysed."""
    with hostsdb.connect(url) as storage:
        dialect = storage.backend_name
    _FILL[dialect](url, shape)


def _fill_postgres(url: str, shape: Shape) -> None:
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        for generation in generations(shape):
            with cursor.copy(f"COPY host_events ({COLUMNS}) FROM STDIN") as copy:
                for row in generation:
                    copy.write_row(row)
            connection.commit()
            # What autovacuum does between changes that are days apart, and not within seconds.
            connection.autocommit = True
            connection.execute("VACUUM host_entries")
            connection.autocommit = False
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def _fill_sqlite(url: str, shape: Shape) -> None:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    for generation in generations(shape):
        connection.executemany(load("sqlite", "copy_events").text, generation)
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _fill_duckdb(url: str, shape: Shape) -> None:
    # One statement a generation: DuckDB takes one event a host in a statement.
    with (
        duckdb.connect(url.removeprefix("duckdb:///")) as connection,
        tempfile.TemporaryDirectory() as folder,
    ):
        connection.execute("SET TimeZone = 'UTC'")
        for number, generation in enumerate(generations(shape)):
            file = Path(folder, f"{number}.csv")
            with file.open("w", newline="") as text:
                lines = ([r"\N" if value is None else value for value in row] for row in generation)
                csv.writer(text, quoting=csv.QUOTE_ALL).writerows(lines)
            connection.execute(f"INSERT INTO host_events ({COLUMNS}) {_FROM_CSV}", [str(file)])
            file.unlink()
        connection.execute("CHECKPOINT")


_TEXTS = ", ".join(f"'{column}': 'TEXT'" for column in COLUMNS.split(", "))
_FROM_CSV = rf"""
SELECT * FROM read_csv(
    ?, auto_detect = false, quote = '"', escape = '"', nullstr = '\N', columns = {{{_TEXTS}}}
)
"""

_FILL: dict[str, Any] = {"postgres": _fill_postgres, "sqlite": _fill_sqlite, "duckdb": _fill_duckdb}
