"""The line of appends, without a database: each append is stored once, and each thread gets its own result."""

import ctypes
import random
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from queue import Empty, SimpleQueue

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostsdb.engines.append_line import Append, AppendLine
from hostsdb.errors import ConnectionFailed, QueryFailed, StorageError
from hostsdb.operations.steps import Rows

FAULTS = ["", "", "", "lost before", "lost after", "slow"]


class Database:
    """A pool and a store. A statement with a bad event is refused as a whole."""

    def __init__(self, connections: int, faults: list[str], pauses: list[float]) -> None:
        self.pool: SimpleQueue[None] = SimpleQueue()  # an interrupted thread leaves it usable
        for _ in range(connections):
            self.pool.put(None)
        self.stored: dict[str, str] = {}
        self.together: list[int] = []
        self.lock = threading.Lock()
        self._faults = iter(faults)
        self._pauses = iter(pauses)
        self.line = AppendLine(self.pool.qsize, lambda: ConnectionFailed("no connection in time"))

    def pause(self) -> None:
        time.sleep(next(self._pauses, 0))

    def hang(self) -> None:
        """Wait for as long as a test wants."""

    def insert(self, event_ids: list[str]) -> Rows:
        with self.lock:
            if any("bad" in event_id for event_id in event_ids):
                raise QueryFailed("a bad event")
            for event_id in event_ids:
                assert event_id not in self.stored
                self.stored[event_id] = f"position of {event_id}"
            return [(event_id, self.stored[event_id]) for event_id in event_ids]

    def statement(self, appends: list[Append]) -> Rows:
        hosts = [host for append in appends for host in append.hosts]
        assert len(set(hosts)) == len(hosts) and len(appends) > 1
        self.together.append(len(appends))
        self.hang()
        fault = next(self._faults, "")
        if fault == "lost before":
            raise ConnectionFailed("lost")
        rows = self.insert([event_id for append in appends for event_id in sorted(append.event_ids)])
        if fault == "lost after":
            raise ConnectionFailed("lost")
        if fault == "slow":
            self.pause()
        return rows


class Caller:
    """A thread with one append, as the connection of an operation uses the line."""

    def __init__(self, database: Database, name: str, host: str, deadline: float = 30) -> None:
        self.database, self.name = database, name
        self.events = [{"event_id": f"{name}-{n}", "aggregate_id": host} for n in range(1 + len(name) % 2)]
        self.append = Append(self.events, time.monotonic() + deadline)
        self.has_connection = False
        self.came_to: Rows | BaseException | None = None
        self.thread = threading.Thread(target=self._run, daemon=True)

    def check_out(self, deadline: float) -> None:
        if not self.has_connection:
            try:
                self.database.pool.get(timeout=max(0, deadline - time.monotonic()))
            except Empty:
                raise ConnectionFailed("no connection in time") from None
            self.has_connection = True
            self.database.pause()

    def check_in(self) -> None:
        if self.has_connection:
            self.has_connection = False
            self.database.pool.put(None)

    def append_together(self, appends: list[Append]) -> Rows:
        rows = self.database.statement(appends)
        self.check_in()
        return rows

    def _run(self) -> None:
        try:
            self.database.pause()
            self.database.line.wait(self.append, self)
            self.came_to = self.append.rows or self._alone()
        except BaseException as error:
            self.came_to = error
        finally:
            self.check_in()

    def _alone(self) -> Rows:
        self.check_out(time.monotonic() + 30)
        event_ids = [event["event_id"] for event in self.events]
        if all(event_id in self.database.stored for event_id in event_ids):  # after "lost after"
            return [(event_id, self.database.stored[event_id]) for event_id in event_ids]
        return self.database.insert(event_ids)

    def assert_own(self) -> None:
        if "bad" in self.name:
            assert isinstance(self.came_to, QueryFailed)
        else:
            assert isinstance(self.came_to, list), self.came_to
            ids = [event["event_id"] for event in self.events]
            assert sorted(self.came_to) == [(event_id, f"position of {event_id}") for event_id in ids]


@pytest.fixture(autouse=True, scope="module")
def _switch_often() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


def ended(callers: list[Caller], timeout: float = 10) -> None:
    deadline = time.monotonic() + timeout
    for caller in callers:
        caller.thread.join(max(0, deadline - time.monotonic()))
        assert not caller.thread.is_alive(), caller.name


def assert_empty(database: Database) -> None:
    line = database.line
    assert (line._leader, line._waiting) == (None, [])


@given(
    connections=st.integers(1, 3),
    hosts=st.lists(st.sampled_from(["own", "own", "own", "shared", "bad"]), min_size=1, max_size=16),
    faults=st.lists(st.sampled_from(FAULTS), max_size=6),
    pauses=st.lists(st.sampled_from([0, 0, 0.0001, 0.002]), max_size=60),
)
def test_each_thread_gets_its_own(
    connections: int, hosts: list[str], faults: list[str], pauses: list[float]
) -> None:
    database = Database(connections, faults, pauses)
    callers = [
        Caller(database, f"{kind}{'x' * (n % 3)}{n}", "shared" if kind == "shared" else f"{kind}{n}")
        for n, kind in enumerate(hosts)
    ]
    for caller in callers:
        caller.thread.start()
    ended(callers)
    for caller in callers:
        caller.assert_own()
    assert_empty(database)
    assert database.pool.qsize() == connections


def test_those_that_wait_are_appended_together_and_a_bad_one_harms_nobody() -> None:
    for names in (["a", "b", "c", "d"], ["a", "bad", "c", "d"]):
        database = Database(1, [], [])
        blocker = Caller(database, "blocker", "")
        blocker.check_out(time.monotonic())
        callers = waiting(database, names)
        blocker.check_in()
        ended(callers)
        for caller in callers:
            caller.assert_own()
        assert database.together == [4]


def waiting(database: Database, names: list[str], deadline: float = 30) -> list[Caller]:
    """Return callers that wait in the line, in this order; the first one leads."""
    callers = []
    for number, name in enumerate(names):
        caller = Caller(database, name, f"host of {name}", deadline)
        caller.thread.start()
        until(lambda number=number: len(database.line._waiting) == number + 1)
        callers.append(caller)
    until(lambda: database.line._leader is callers[0].append)
    return callers


def until(condition: object) -> None:
    assert callable(condition)
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_two_appends_of_a_host_are_in_two_statements() -> None:
    database = Database(1, [], [])
    blocker = Caller(database, "blocker", "")
    blocker.check_out(time.monotonic())
    callers = waiting(database, ["a", "b", "c"])
    for caller in callers:
        caller.append.hosts = {"one"} if caller.name != "b" else {"two"}
    blocker.check_in()
    ended(callers)
    assert database.together == [2]
    for caller in callers:
        caller.assert_own()


def test_each_deadline_is_its_own() -> None:
    database = Database(1, [], [])
    blocker = Caller(database, "blocker", "")
    blocker.check_out(time.monotonic())
    [first] = waiting(database, ["first"])
    second = Caller(database, "second", "second", 0.05)
    third = Caller(database, "third", "third")
    for caller in (second, third):
        caller.thread.start()
    ended([second])
    assert isinstance(second.came_to, ConnectionFailed)
    blocker.check_in()
    ended([first, third])
    first.assert_own()
    third.assert_own()
    assert database.together == [2] and not any("second" in event_id for event_id in database.stored)


def test_a_leader_without_a_connection_does_not_fail_the_others() -> None:
    database = Database(1, [], [])
    blocker = Caller(database, "blocker", "")
    blocker.check_out(time.monotonic())
    [leader] = waiting(database, ["leader"], 0.05)
    others = [Caller(database, name, name) for name in ("b", "c")]
    for caller in others:
        caller.thread.start()
    ended([leader])
    assert isinstance(leader.came_to, ConnectionFailed)
    blocker.check_in()
    ended(others, 0.9)  # woken, not after a look
    for caller in others:
        caller.assert_own()


def test_no_thread_waits_long_for_a_leader_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hostsdb.engines.append_line._LOOK", 0.1)
    goes_on = threading.Event()
    database = Database(3, [], [])
    monkeypatch.setattr(database, "hang", goes_on.wait)
    blockers = [Caller(database, "blocker", "") for _ in range(3)]
    for blocker in blockers:
        blocker.check_out(time.monotonic())
    hanging = waiting(database, ["a", "b"])
    for blocker in blockers:
        blocker.check_in()
    until(lambda: database.together == [2])
    others = [Caller(database, name, name) for name in "cdef"]
    for caller in others:
        caller.thread.start()
    ended(others, 5)
    for caller in others:
        caller.assert_own()
    assert all(caller.thread.is_alive() for caller in hanging) and not database.line.is_open
    goes_on.set()
    ended(hanging)
    assert database.together == [2]


def test_a_few_have_each_its_own_connection_again(monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on = threading.Event()
    database = Database(5, [], [])
    monkeypatch.setattr(database, "hang", goes_on.wait)
    blockers = [Caller(database, "blocker", "") for _ in range(5)]
    for blocker in blockers:
        blocker.check_out(time.monotonic())
    callers = waiting(database, ["a", "b"])
    for blocker in blockers:
        blocker.check_in()
    until(lambda: database.together == [2])
    others = [Caller(database, name, name) for name in "cde"]
    for caller in others:
        caller.thread.start()
    until(lambda: len(database.line._waiting) == 3)
    goes_on.set()
    ended(callers + others, 0.9)
    for caller in callers + others:
        caller.assert_own()
    assert database.together == [2] and all(caller.append.outcome is None for caller in others)


def test_a_statement_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hostsdb.engines.append_line._MOST", 3)
    database = Database(1, [], [])
    blocker = Caller(database, "blocker", "")
    blocker.check_out(time.monotonic())
    callers = waiting(database, [f"{n}" for n in range(8)])
    blocker.check_in()
    ended(callers, 0.9)  # each leader wakes the next one
    assert max(database.together) == 3
    monkeypatch.setattr("hostsdb.engines.append_line._LONGEST", 2 * len(callers[0].append.text))
    database = Database(1, [], [])
    blocker = Caller(database, "blocker", "")
    blocker.check_out(time.monotonic())
    callers = waiting(database, [f"{n}" for n in range(8)])
    blocker.check_in()
    ended(callers)
    assert max(database.together) == 2


@pytest.mark.filterwarnings("ignore:Exception")  # a thread may be interrupted before and after its own code
@pytest.mark.parametrize("seed", range(4))
def test_interrupted_threads_take_nobody_with_them(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(5):
        # More connections than victims: a victim may not return its own. With none free, all wait in the line.
        database = Database(8, ["slow"] * 9, [chance.choice([0, 0.0002, 0.003]) for _ in range(99)])
        database.line = AppendLine(lambda: 0, lambda: ConnectionFailed("no connection in time"))
        callers = [Caller(database, f"{n}", f"{n}") for n in range(16)]
        for caller in callers:
            caller.thread.start()
        victims = chance.sample(callers, 5)
        for victim in victims:
            time.sleep(chance.choice([0, 0.0005]))
            interrupt(victim.thread)
        ended(callers)
        for caller in callers:
            if not isinstance(caller.came_to, KeyboardInterrupt):
                caller.assert_own()
            assert caller in victims or not isinstance(caller.came_to, StorageError | KeyboardInterrupt)


def interrupt(thread: threading.Thread) -> None:
    """Raise KeyboardInterrupt in a thread, between two of its calls."""
    if thread.ident is not None and thread.is_alive():
        with suppress(SystemError):
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(thread.ident), ctypes.py_object(KeyboardInterrupt)
            )
