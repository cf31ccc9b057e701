"""How an import runs with little memory on DuckDB: under a memory limit, and again without it if that fails."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from hostsdb.engine_errors import ConstraintViolation, TransientError
from hostsdb.errors import QueryFailed, StorageError
from hostsdb.operations.staging import Staged
from hostsdb.operations.steps import Operation, ask_aborts, ask_dialect, in_transaction, run
from hostsdb.reports import inform

T = TypeVar("T")
# Runs the import of loaded lines. The second argument runs before the statements that need most memory.
Importing = Callable[[Operation[Staged], Callable[[], Operation[None]]], Operation[T]]


def import_in_transaction(loading: Operation[Staged], importing: Importing[T]) -> Operation[T]:
    """Load the lines, and import them in one transaction.

    In a transaction of DuckDB that was open before, no limit is set: a second attempt is impossible there.
    """
    if (yield from ask_dialect()) != "duckdb" or (yield from ask_aborts()):
        return (yield from in_transaction(importing(loading, _no_limit)))
    try:
        # Not in the transaction: the second attempt needs them, and the lines of the file can be read only once.
        staged = yield from loading
        return (yield from _import_twice(staged, importing))
    except Exception:
        with suppress(StorageError):
            yield from run("drop_import")
        raise


def _import_twice(staged: Staged, importing: Importing[T]) -> Operation[T]:
    limit = _Limit()
    try:
        return (yield from in_transaction(importing(_loaded(staged), limit.set)))
    except (ConstraintViolation, TransientError):
        raise
    except QueryFailed as error:  # also when the disk has no room for what does not fit into memory
        if not limit.is_set:
            raise
        inform(f"the import failed with a memory limit, trying again without one: {error}")
    return (yield from in_transaction(importing(_loaded(staged), _no_limit)))


class _Limit:
    """The limit of an import.

    Attributes:
        is_set: whether the import has lowered the limit.
    """

    is_set = False

    def set(self) -> Operation[None]:
        """Lower the memory limit until the end of the transaction, unless others need the memory."""
        ((limit,),) = yield from run("import_memory")
        if limit is not None:
            self.is_set = True
            yield from run("limit_memory", memory_limit=limit)


def _no_limit() -> Operation[None]:
    yield from ()


def _loaded(staged: Staged) -> Operation[Staged]:
    yield from ()
    return staged
