"""A connection that is lost at each step of each call: what the call wants is done once, or it fails and is not.

Here SQLite runs the steps, and only says that the connection was lost: all of it takes seconds. The same with real
connections, which a proxy cuts, is in tests/faults/test_cut_connections.py.
"""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, Literal, NamedTuple, get_args

import pytest

import hostsdb
from hostsdb import ConnectionFailed, Storage
from hostsdb.engine_errors import CommitUnknown, ConnectionLost
from hostsdb.engines.sqlite import SQLiteConnection
from hostsdb.operations.retry import Retries
from hostsdb.operations.steps import Load, Rows, Statement
from hostsdb.sql_files import load
from tests.faults.soundness import assert_sound, rows
from tests.support.writing_calls import CALLS, COUNTS, Planned, import_that_changes_nothing

When = Literal["before", "after"]
_perform = SQLiteConnection.perform


class Losing:
    """What loses the connection at one step, before or after it runs."""

    def __init__(self) -> None:
        self.lose_at(0)

    def lose_at(self, step: int, when: When = "before", for_good: bool = False) -> None:
        """Lose the connection at the so manyth step from now; 0: at none. `for_good`: there is no other connection."""
        self._left, self._when, self._for_good = step, when, for_good
        self.has_lost = self.commit_unknown = False

    def perform(self, connection: SQLiteConnection, step: Statement | Load) -> Rows:
        """Run a step, or lose the connection, as PostgresConnection does."""
        if "secure_delete" in step.name:  # PostgreSQL has no such step
            return _perform(connection, step)
        if self.has_lost and self._for_good:
            raise ConnectionFailed("no server")
        self._left -= 1
        if self._left != 0:
            return _perform(connection, step)
        self.has_lost = True
        in_transaction, sql = connection.raw.in_transaction, load("sqlite", step.name)
        self.commit_unknown = sql.commits if in_transaction else sql.writes
        if self._when == "after":
            _perform(connection, step)
        connection.reset()  # rolls back
        raise (CommitUnknown if self.commit_unknown else ConnectionLost)("lost")


@pytest.fixture
def losing(monkeypatch: pytest.MonkeyPatch) -> Losing:
    """What loses the connections of SQLite. Nothing sleeps before it tries again."""
    losing, sleep_after = Losing(), Retries.sleep_after
    monkeypatch.setattr(SQLiteConnection, "perform", lambda *given: losing.perform(*given))
    monkeypatch.setattr(Retries, "sleep_after", lambda *given: 0 * sleep_after(*given))
    return losing


class Outcome(NamedTuple):
    """What a call did whose connection was lost.

    Attributes:
        planned: the call.
        answer, error: what it returned, or raised.
        stored: how many events and snapshots it added.
        commit_unknown, is_after: whether it was lost at a commit, and after the step.
    """

    planned: Planned
    answer: Any
    error: str
    stored: tuple[int, int]
    commit_unknown: bool
    is_after: bool


def outcomes(
    url: str, losing: Losing, plan: Callable[[Storage, str], Planned], for_good: bool
) -> Iterator[Outcome]:
    """Lose the connection at each step of a call, and at last at none."""
    numbers = count()
    with hostsdb.connect(url, initialize=False) as storage:
        for when in get_args(When):
            for step in count(1):
                planned, answer, error = plan(storage, f"host{next(numbers)}"), None, ""
                [before] = rows(url, COUNTS)
                losing.lose_at(step, when, for_good)
                try:
                    answer = planned.call(storage)
                except ConnectionFailed as failed:
                    error = str(failed)
                has_lost, unknown = losing.has_lost, losing.commit_unknown
                losing.lose_at(0)
                [after] = rows(url, COUNTS)
                stored = (after[0] - before[0], after[1] - before[1])
                yield Outcome(planned, answer, error, stored, unknown, when == "after")
                if not has_lost:
                    break
            assert step > 1


@pytest.mark.parametrize("plan", [*CALLS, import_that_changes_nothing])
def test_each_call_is_done_once_whenever_the_connection_was_lost(
    plan: Callable[[Storage, str], Planned], current_sqlite_url: str, losing: Losing
) -> None:
    for outcome in outcomes(current_sqlite_url, losing, plan, for_good=False):
        planned = outcome.planned
        if outcome.error:  # the file is read, so that only its caller can begin again
            assert "import" in plan.__name__ and "nothing was imported, import again" in outcome.error
            assert outcome.stored == (0, 0)
        else:
            assert outcome.stored == (planned.events, planned.snapshots)
            assert outcome.answer == planned.expected(outcome.answer)
    assert_sound(current_sqlite_url)


@pytest.mark.parametrize("plan", CALLS)
def test_without_a_server_each_call_says_whether_its_outcome_is_unknown(
    plan: Callable[[Storage, str], Planned], current_sqlite_url: str, losing: Losing
) -> None:
    for outcome in outcomes(current_sqlite_url, losing, plan, for_good=True):
        planned = outcome.planned
        is_stored = not outcome.error or (outcome.commit_unknown and outcome.is_after)
        assert outcome.stored == ((planned.events, planned.snapshots) if is_stored else (0, 0))
        assert ("the outcome of the commit is unknown" in outcome.error) == outcome.commit_unknown
    assert_sound(current_sqlite_url)
