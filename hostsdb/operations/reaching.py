"""The argument `read_after` of a read: the position of an event that the result must include.

It is for example an event that the caller has just stored. A standby may not have received it yet.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from hostsdb.errors import QueryFailed
from hostsdb.operations.steps import Operation, run

P = ParamSpec("P")
T = TypeVar("T")


class NotYetThere(QueryFailed):
    """The log of this server ends before a position. Another server has, or had, the event."""


def reads_after(operation: Callable[P, Operation[T]]) -> Callable[P, Operation[T]]:
    """Return a read that first checks that the log reaches its argument `read_after`, if it is given.

    The read itself does not use the argument: its signature declares it for callers.
    """

    @wraps(operation)
    def reading(*args: P.args, **kwargs: P.kwargs) -> Operation[T]:
        steps = operation(*args, **kwargs)
        position = kwargs.get("read_after")
        return steps if position is None else _after(position, steps)  # type: ignore[arg-type]

    return reading


def _after(position: int, steps: Operation[T]) -> Operation[T]:
    yield from reach(position)
    return (yield from steps)


def reach(position: int) -> Operation[None]:
    """Check that the log reaches a position.

    Raises:
        NotYetThere: this server has not received the event.
    """
    ((reached,),) = yield from run("reaches_position", position=position)
    if not reached:
        raise NotYetThere(
            f"the log does not reach position {position}; check whether a standby was promoted that lacked the "
            "event, or a backup was restored"
        )
