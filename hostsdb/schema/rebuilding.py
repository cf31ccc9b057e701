"""Refilling host_entries from the log, for a database where somebody forced the guards and damaged it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from hostsdb.errors import QueryFailed, StorageError
from hostsdb.schema.files import migrations_for
from hostsdb.schema.script import statements
from hostsdb.sql_files import load, load_text
from hostsdb.url import Dialect

_STEPS: dict[Dialect, tuple[str, ...]] = {
    "postgres": ("rebuild_clear", "rebuild_fill"),
    "sqlite": ("rebuild_clear", "rebuild_fill"),
    "duckdb": ("rebuild_clear", "rebuild_fill", "rebuild_head"),
}
# The guards of what the log's triggers keep.
_GUARD = re.compile(r"^CREATE TRIGGER (\w+)\s.*?\bON (host_entries|log_head)\b", re.MULTILINE)


def rebuild(dialect: Dialect, connection: Any, lock_timeout: float) -> int:
    """Refill host_entries from the log in one transaction: writers wait, readers see the old rows or the new.

    The guards are off inside the transaction alone, so a failure, or a kill, leaves everything as it was.

    Arguments:
        dialect: the engine.
        connection: the driver's connection, in autocommit mode; nobody else may use it meanwhile.
        lock_timeout: how long to wait for writers to end, in seconds.
    Returns:
        how many hosts are there now.
    Raises:
        QueryFailed: this role may not, writers did not end in time, or the log itself has two live hosts with the
            same ip_address and hostname.
    """
    if dialect == "postgres":
        _refuse_others(connection)
    with _transaction(dialect, connection, lock_timeout):
        unguard, guard = _guards(dialect)
        for statement in unguard:
            connection.execute(statement)
        for name in _STEPS[dialect]:
            _run(dialect, connection, name)
        for statement in guard:
            connection.execute(statement)
        ((hosts,),) = connection.execute(load_text(dialect, "count_entries")).fetchall()
    return int(hosts)


def _guards(dialect: Dialect) -> tuple[list[str], list[str]]:
    """Return the statements that take the guards off, and those that put them on again.

    Differs because only PostgreSQL can disable a trigger. Elsewhere it is dropped, and made again by its migration.
    """
    if dialect == "postgres":
        return [load_text(dialect, "rebuild_unguard")], [load_text(dialect, "rebuild_guard")]
    made: dict[tuple[str, str], str] = {}
    for migration in migrations_for(dialect):
        for statement in statements(migration):
            if match := _GUARD.search(statement):
                made[match[1], match[2]] = statement
    on_table = " ON {}" if dialect == "duckdb" else ""
    dropped = [f"DROP TRIGGER IF EXISTS {name}{on_table.format(table)}" for name, table in made]
    return dropped, list(made.values())


def _refuse_others(connection: Any) -> None:
    """Ask before trying: a refusal would be an ERROR in the server's log."""
    ((owner, may_rebuild),) = connection.execute(load_text("postgres", "rebuild_owner")).fetchall()
    if not may_rebuild:
        raise QueryFailed(f"only the owner of host_entries may do this; have {owner} run: hostsdb rebuild")


@contextmanager
def _transaction(dialect: Dialect, connection: Any, lock_timeout: float) -> Iterator[None]:
    """Open a transaction that writers wait for. Nobody else is there on DuckDB: its file is open in one process."""
    milliseconds = round(lock_timeout * 1000)
    try:
        if dialect == "sqlite":
            connection.execute(f"PRAGMA busy_timeout = {milliseconds}")
        _run(dialect, connection, "begin")
        if dialect == "postgres":
            _run(dialect, connection, "set_lock_timeout", timeout=f"{milliseconds}ms")
            _run(dialect, connection, "rebuild_lock")
        yield
        _run(dialect, connection, "commit")
    except BaseException as error:
        # A connection that is lost has nothing left to undo.
        with suppress(Exception):
            _run(dialect, connection, "rollback")
        if isinstance(error, StorageError) or not isinstance(error, Exception):
            raise
        raise QueryFailed(f"host_entries stays as it was: {_reason(error, lock_timeout)}") from error


def _reason(error: Exception, lock_timeout: float) -> str:
    words = str(error).split("\n", 1)[0]
    if getattr(error, "sqlstate", None) == "55P03" or "database is locked" in words:
        return f"writers did not end within {lock_timeout:g} s; try again"
    # Of the two unique constraints, the fold keeps the one on id.
    if "unique constraint" in words.lower():
        return (
            "the log has two live hosts with the same ip_address and hostname; "
            "change or delete the one that is listed, then rebuild"
        )
    return words


def _run(dialect: Dialect, connection: Any, name: str, **parameters: str) -> None:
    sql = load(dialect, name)
    connection.execute(sql.text, parameters) if parameters else connection.execute(sql.text)
