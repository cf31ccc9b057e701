"""What operations yield."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeVar

from hostsdb.rows import text
from hostsdb.url import Dialect

Rows = list[tuple[Any, ...]]
T = TypeVar("T")


class Statement(NamedTuple):
    """Run `sql/.../<name>.sql` with parameters. The result is its rows, or one row with the number of changed rows."""

    name: str
    parameters: Mapping[str, Any]


class Load(NamedTuple):
    """Load many rows into a table with `sql/.../<name>.sql`, in the fastest way of the engine."""

    name: str
    rows: Iterable[Sequence[Any]]


class Ask(NamedTuple):
    """Ask how this operation runs. The result is one row with the answer. Nothing runs on the database.

    `dialect`: the dialect of the engine. `aborts`: whether a refused statement ends a transaction that the operation
    has not begun.
    """

    question: Literal["dialect", "aborts"]


Step = Statement | Load | Ask
Operation = Generator[Step, Rows, T]


def ask_dialect() -> Operation[Dialect]:
    """Return the dialect of the engine that runs this operation."""
    ((dialect,),) = yield Ask("dialect")
    return dialect  # type: ignore[no-any-return]


def ask_aborts() -> Operation[bool]:
    """Return whether a refused statement ends the transaction around this operation: no other query can run then."""
    ((aborts,),) = yield Ask("aborts")
    return bool(aborts)


def run(name: str, /, **parameters: Any) -> Operation[Rows]:
    """Run one statement and return its rows.

    Raises:
        InvalidData: a parameter is a text that no engine can store.
    """
    for value in parameters.values():
        if isinstance(value, str):
            text(value)
    return (yield Statement(name, parameters))


def in_transaction(operation: Operation[T], begin: str = "begin") -> Operation[T]:
    """Run an operation in one transaction: all of it is stored, or nothing.

    Arguments:
        operation: what to run.
        begin: the name of the statement that begins the transaction.
    Raises:
        CommitUnknown: the connection broke at the commit.
    """
    yield from run(begin)
    try:
        result = yield from operation
    except Exception:
        yield from run("rollback")
        raise
    yield from run("commit")
    return result
