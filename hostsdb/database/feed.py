"""Following the log and the state of the hosts, for threads and for asyncio."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from functools import partial
from typing import Any, TypeVar

from hostsdb.database import driver
from hostsdb.database.open import AsyncDatabase, Database
from hostsdb.database.standby import Reader
from hostsdb.engines.calls import Calls, finish, finish_async
from hostsdb.model import StoredEvent
from hostsdb.operations.matching import EventFilter
from hostsdb.operations.reading import Place
from hostsdb.operations.retry import Backoff
from hostsdb.operations.state import state_token
from hostsdb.operations.steps import Operation

T = TypeVar("T")
# Returns what is new; something false if there is nothing.
_Look = Callable[[], Calls[T]]

PAGE = 1000


def follow(
    database: Database, position: int, timeout: float | None, wanted: EventFilter
) -> Generator[list[StoredEvent]]:
    """Yield matching events after a position in pages, and wait for more. End after `timeout` seconds without one."""
    look = _new_events(partial(driver.run, database.engine), position, wanted)
    with database.notifications.watching() as commits:
        while page := finish(_wait_for(look, commits, timeout)):
            yield page


async def follow_async(
    database: AsyncDatabase, position: int, timeout: float | None, wanted: EventFilter
) -> AsyncGenerator[list[StoredEvent]]:
    """Yield matching events after a position in pages, as `follow` does."""
    look = _new_events(partial(driver.run_async, database.engine), position, wanted)
    with database.notifications.watching() as commits:
        while page := await finish_async(_wait_for(look, commits, timeout)):
            yield page


def follow_state(database: Database, token: str | None, timeout: float | None) -> Generator[str]:
    """Yield a token for each change of the hosts. End after `timeout` seconds without a change.

    Arguments:
        token: the state that the caller knows; None: the current one is yielded at once.
    """
    look = _changed_state(Reader(database, driver.run, driver.sleep), token)
    with database.notifications.watching() as commits:
        while changed := finish(_wait_for(look, commits, timeout)):
            yield changed


async def follow_state_async(
    database: AsyncDatabase, token: str | None, timeout: float | None
) -> AsyncGenerator[str]:
    """Yield a token for each change of the hosts, as `follow_state` does."""
    look = _changed_state(Reader(database, driver.run_async, driver.sleep_async), token)
    with database.notifications.watching() as commits:
        while changed := await finish_async(_wait_for(look, commits, timeout)):
            yield changed


def _new_events(
    run: Callable[[Callable[[], Operation[Any]]], Any], position: int, wanted: EventFilter
) -> _Look[list[StoredEvent]]:
    place = Place(position)

    def look() -> Calls[list[StoredEvent]]:
        return (yield run(lambda: place.next_events(PAGE, wanted)))  # type: ignore[no-any-return]

    return look


def _changed_state(reader: Reader, token: str | None) -> _Look[str | None]:
    def look() -> Calls[str | None]:
        nonlocal token
        before = token
        token = yield from reader.read(lambda: state_token(before))
        return None if token == before else token

    return look


def _wait_for(look: _Look[T], commits: driver.Notifier, timeout: float | None) -> Calls[T]:
    """Look until there is something new. Return it; what the last look returned after the timeout."""
    backoff = Backoff(timeout)
    while True:
        if found := (yield from look()):
            return found
        if (delay := backoff.next_delay()) is None:
            return found
        if (yield from commits.wait(delay)):
            # An event may become visible only when an older transaction has ended, after the notification.
            backoff.shorten()
