"""Databases with our schema, met by the bare drivers alone: what a DBA's own program could send."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import duckdb
import psycopg
import pytest

from hostsdb.engines.duckdb_errors import constraint_name, first_line

Dialect = Literal["postgres", "duckdb", "sqlite"]
Row = tuple[Any, ...]

MIGRATIONS = Path(__file__).parents[2] / "migrations"
ERRORS = (psycopg.Error, sqlite3.Error, duckdb.Error)
BUSY_SECONDS = 20.0


class Raw:
    """One database. Its connections are in autocommit mode: BEGIN and COMMIT are statements like any other.

    Args:
        dialect: whose driver.
        location: libpq's conninfo, or the path of the file.
    """

    def __init__(self, dialect: Dialect, location: str) -> None:
        self.dialect = dialect
        self.location = location
        self._open: list[Any] = []
        self.first = self.connect()

    def connect(self) -> Any:
        """Open another connection."""
        connection: Any
        if self.dialect == "postgres":
            settings = "-c timezone=UTC -c synchronous_commit=off"
            connection = psycopg.connect(self.location, autocommit=True, options=settings)
        elif self.dialect == "sqlite":
            connection = sqlite3.connect(
                self.location, isolation_level=None, timeout=BUSY_SECONDS, check_same_thread=False
            )
        else:
            connection = duckdb.connect(self.location)
            connection.execute("SET TimeZone = 'UTC'")
        self._open.append(connection)
        return connection

    def close(self) -> None:
        """Close every connection."""
        for connection in self._open:
            connection.close()

    def run(self, sql: str, parameters: Sequence[Any] = (), *, on: Any = None) -> list[Row]:
        """Execute one statement, parameters as `?`, on a connection, else the first; rows if it has any."""
        connection = on or self.first
        if self.dialect != "postgres":
            return list(connection.execute(sql, parameters).fetchall())
        cursor = connection.execute(sql.replace("?", "%s") if parameters else sql, parameters or None)
        return list(cursor.fetchall()) if cursor.description else []

    def insert_event(self, *, on: Any = None, clause: str = "INSERT INTO", **columns: Any) -> None:
        """Insert one row with only the columns given."""
        self.insert_events([columns], on=on, clause=clause)

    def insert_events(
        self, rows: Sequence[Mapping[str, Any]], *, on: Any = None, clause: str = "INSERT INTO", end: str = ""
    ) -> None:
        """Insert rows in one statement; a column that only some of them have is NULL in the others."""
        names = list(dict.fromkeys(name for row in rows for name in row))
        values = ", ".join(["(" + ", ".join("?" * len(names)) + ")"] * len(rows))
        sql = f"{clause} host_events ({', '.join(names)}) VALUES {values} {end}"
        self.run(sql, [row.get(name) for row in rows for name in names], on=on)

    def rows(self, relation: str, columns: str = "*", *, on: Any = None) -> list[Row]:
        """Return the rows of a table or view, sorted by the first column."""
        return self.run(f"SELECT {columns} FROM {relation} ORDER BY 1", on=on)

    def assert_consistent(self, *, on: Any = None) -> None:
        """Invariant I4: the kept table equals the fold of the log."""
        assert self.rows("host_entries", on=on) == self.rows("host_entries_current", on=on)


def version(number: int) -> str:
    """Return a ULID that sorts as its number does."""
    return f"01J{number:023d}"


def created(aggregate_id: str, number: int = 1, ip: str = "10.0.0.1", **more: Any) -> dict[str, Any]:
    """Return the columns of a host's first event; its name is its id, unless given."""
    columns = {"event_id": f"{aggregate_id}-{number}", "aggregate_id": aggregate_id}
    columns |= {"event_type": "HostCreated", "event_version": version(number)}
    return columns | {"ip_address": ip, "hostname": aggregate_id} | more


def changed(aggregate_id: str, event_type: str, number: int, **more: Any) -> dict[str, Any]:
    """Return the columns of the event that follows version `number - 1`."""
    columns = {"event_id": f"{aggregate_id}-{number}", "aggregate_id": aggregate_id, "event_type": event_type}
    return columns | {"event_version": version(number), "expected_version": version(number - 1)} | more


def deleted(aggregate_id: str, number: int, ip: str = "10.0.0.1") -> dict[str, Any]:
    """Return the columns of a host's last event."""
    return changed(aggregate_id, "HostDeleted", number, ip_address=ip, hostname=aggregate_id)


@contextmanager
def refused(raw: Raw, constraint: str = "") -> Iterator[None]:
    """The statement inside is refused, and the error names the constraint or guard."""
    with pytest.raises(ERRORS) as caught:
        yield
    assert not constraint or names_constraint(caught.value, constraint), caught.value


def names_constraint(error: BaseException, constraint: str) -> bool:
    """Return whether an engine's error names a constraint or guard."""
    if isinstance(error, psycopg.Error):
        return error.diag.constraint_name == constraint
    if isinstance(error, duckdb.Error):
        # DuckDB reports the first column of a key, and both keys of a chain begin with the host.
        constraint = {"idx_events_aggregate": "host_events_one_successor"}.get(constraint, constraint)
        return constraint_name(first_line(error)) == constraint or constraint in str(error)
    return constraint in str(error)


def migration_files(dialect: Dialect, major_version: int = 0) -> list[Path]:
    """Return a dialect's migration files in order, those for the server's major version among them."""
    folders = [MIGRATIONS / dialect]
    if dialect == "postgres" and major_version >= 19:
        folders.append(MIGRATIONS / "postgres-19")
    files = [file for folder in folders for file in sorted(folder.glob("*.sql"))]
    forward = [file for file in files if not file.name.endswith(".rollback.sql")]
    return sorted(forward, key=lambda file: file.name[:4])


def run_file(raw: Raw, file: Path) -> None:
    """Run a migration file whole, in one transaction."""
    text = file.read_text("utf-8")
    if raw.dialect == "sqlite":
        raw.first.executescript(f"BEGIN; {text} ; COMMIT;")
        return
    raw.run("BEGIN")
    raw.first.execute(text)
    raw.run("COMMIT")


def major_version(raw: Raw) -> int:
    """Return the PostgreSQL server's major version; 0 for the other engines."""
    return int(raw.first.info.server_version // 10000) if raw.dialect == "postgres" else 0


def migrate(raw: Raw) -> None:
    """Apply every migration file by hand."""
    for file in migration_files(raw.dialect, major_version(raw)):
        run_file(raw, file)
