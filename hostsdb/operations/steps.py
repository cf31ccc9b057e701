"""What operations yield."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from hostsdb.rows import text

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


Operation = Generator[Statement | Load, Rows, T]


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


def repeatable(operation: Operation[T]) -> Operation[T]:
    """Run an operation that does no harm when it is done twice, so that a lost answer is reason to do it again.

    Raises:
        ConnectionLost: for the driver, which does it again.
    """
    try:
        return (yield from operation)
    except AnswerLost as lost:
        raise ConnectionLost(str(lost)) from lost


def settled(write: Callable[[], Operation[T]], stored: Callable[[], Operation[T | None]]) -> Operation[T]:
    """Run a write, again where its answer was lost. The first one may still be under way: a look would miss it.

    Arguments:
        write: what waits for another one of itself, and is refused or finds nothing where that one is stored.
        stored: returns what write returned, or would have; None where it is not stored.
    Raises:
        AnswerLost: the server did not come back in time.
    """

    def attempt(answer_lost: bool) -> Operation[T]:
        try:
            return (yield from write())
        except (Refused, NotFound):
            found = (yield from stored()) if answer_lost else None
            if found is None:
                raise
            return found

    return (yield from until_answered(attempt))


def until_answered(attempt: Callable[[bool], Operation[T]]) -> Operation[T]:
    """Run a write, again where its answer was lost.

    Arguments:
        attempt: the write, told whether the answer to an earlier one was lost: that one may be stored.
    Raises:
        AnswerLost: the server did not come back in time.
    """
    lost: AnswerLost | None = None
    for _ in range(_TRIES):
        try:
            return (yield from attempt(lost is not None))
        except AnswerLost as error:
            lost = error
        except (ConnectionLost, Repeatable):
            if lost is None:
                raise  # nothing is stored: the driver begins anew
        except ConnectionFailed as error:
            if lost is None:
                raise  # with the driver's error as its cause
            raise lost from error
    assert lost is not None
    raise lost
