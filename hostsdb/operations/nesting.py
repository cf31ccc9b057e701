"""Operations inside a transaction that is open already: their own transactions become savepoints."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, TypeVar

from hostsdb.engine_errors import ConnectionLost
from hostsdb.errors import QueryFailed, StorageError
from hostsdb.operations.steps import Ask, Load, Operation, Rows, Statement, Step, run
from hostsdb.sql_files import load
from hostsdb.ulids import new_id
from hostsdb.url import Dialect

T = TypeVar("T")

READ_ONLY = "PostgreSQL: this server is read-only, for example a standby; connect to the primary"
NO_TRANSACTION = "this connection has no open transaction; begin one before you call hostsdb on it"


class Nesting:
    """One operation in an open transaction. If it fails, nothing of it is stored.

    DuckDB has no savepoints. An operation that fails after it has begun to write aborts the whole transaction there.

    Arguments:
        dialect: the dialect of the connection.
        callers: whether it is a connection of the caller's own, with settings and a transaction of its own.
    """

    def __init__(self, dialect: Dialect, callers: bool) -> None:
        self._dialect = dialect
        self._callers = callers
        self._has_savepoints = dialect != "duckdb"
        self._depth = 0
        self._wrote = False

    def begin(self) -> Operation[dict[str, Any]]:
        """Begin a savepoint, and use our settings on a caller's connection. Return the caller's settings."""
        yield from self._savepoint("savepoint")
        if not self._callers or self._dialect == "sqlite":
            return {}
        if self._dialect == "duckdb":
            yield from _refuse_autocommit()
            return {}
        ((encoding, date_style, time_zone, strings, *_),) = yield from run("use_settings")
        return {
            "client_encoding": encoding,
            "date_style": date_style,
            "time_zone": time_zone,
            "standard_strings": strings,
        }

    def end(self, settings: dict[str, Any]) -> Operation[None]:
        """Keep what the operation has done."""
        if settings:
            yield from run("restore_settings", **settings)
        yield from self._savepoint("release_savepoint")

    def undo(self) -> Operation[None]:
        """Undo what the operation has done, its settings included."""
        yield from self._savepoint("rollback_savepoint", "release_savepoint")
        if self._wrote and not self._has_savepoints:
            with suppress(StorageError):  # it fails by design
                yield from run("abort_transaction")

    def run(self, operation: Operation[T]) -> Operation[T]:
        """Run the operation. Its own transactions are savepoints."""
        try:
            step = next(operation)
            while True:
                try:
                    rows = yield from self._run(step)
                except StorageError as error:
                    step = operation.throw(error)
                else:
                    step = operation.send(rows)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]

    def _run(self, step: Step) -> Operation[Rows]:
        if isinstance(step, Ask):
            return [(not self._has_savepoints,)] if step.question == "aborts" else (yield step)
        if step.name in ("begin", "begin_reading"):
            self._depth += 1
            return (yield from self._savepoint("savepoint"))
        if step.name == "commit":
            self._depth -= 1
            return (yield from self._savepoint("release_savepoint"))
        if step.name == "rollback":
            return (yield from self._rollback())
        if not isinstance(step, Load) and not load(self._dialect, step.name).writes:
            return (yield step)
        self._wrote = True
        return (yield step) if self._depth else (yield from self._run_alone(step))

    def _rollback(self) -> Operation[Rows]:
        if self._depth:
            self._depth -= 1
            with suppress(StorageError):  # the error that led to this rollback is raised
                yield from self.undo()
        return []

    def _run_alone(self, step: Statement | Load) -> Operation[Rows]:
        """Run a statement that would be a transaction of its own: the operation may go on after its error."""
        yield from self._savepoint("savepoint")
        try:
            rows = yield step
        except StorageError:
            with suppress(StorageError):
                yield from self._savepoint("rollback_savepoint", "release_savepoint")
            raise
        yield from self._savepoint("release_savepoint")
        return rows

    def _savepoint(self, *statements: str) -> Operation[Rows]:
        for statement in statements if self._has_savepoints else ():
            yield from run(statement)
        return []


def _refuse_autocommit() -> Operation[None]:
    """Raise QueryFailed if no transaction is open. DuckDB has no query for it."""
    first, second = (yield from _marker()), (yield from _marker())
    if first != second:
        raise QueryFailed(NO_TRANSACTION)


def _marker() -> Operation[Any]:
    ((marker, *_),) = yield from run("mark_transaction", marker=new_id())
    return marker


def begin_marked(begin: str = "begin", *, writes: bool = False, **parameters: Any) -> Operation[Any]:
    """Begin a transaction for a block of the caller's. Return the marker by which `commit_marked` knows it.

    Raises:
        ConnectionLost: the block writes, and the server is read-only.
    """
    yield from run(begin, **parameters)
    ((marker, *is_read_only),) = yield from run("mark_transaction", marker=new_id())
    if writes and any(is_read_only):
        raise ConnectionLost(READ_ONLY, is_read_only=True)
    return marker


def commit_marked(marker: Any) -> Operation[None]:
    """Commit, if it is still the same transaction, and no statement in it has failed."""
    yield from check_marked(marker)
    yield from run("commit")


def check_marked(marker: Any) -> Operation[None]:
    """Raise an error if it is another transaction, or a statement in it has failed.

    Raises:
        QueryFailed: the caller's block has ended the transaction, or ignored an error in it.
        ConnectionLost: the connection is lost, and the transaction with it.
    """
    reason = "it was committed or rolled back"
    try:
        ((is_marked,),) = yield from run("is_marked", marker=marker)
    except QueryFailed as error:
        is_marked, reason = False, str(error)
    if not is_marked:
        raise QueryFailed(
            f"the transaction of this block has ended before the block ({reason}); what hostsdb does at the end of "
            "the block is not stored: let errors leave the block, and do not end its transaction yourself"
        )
