"""Processes that do everything at once to the same few hosts, and report the result of each call."""

import multiprocessing
import random
import time
import traceback
from collections.abc import Callable
from itertools import count, takewhile
from typing import Any, NamedTuple

import hostsdb
from hostsdb import NotFound, Storage, StorageError
from hostsdb.formats.hosts import parse

PROCESSES = 8
ADDRESSES = 20


class Call(NamedTuple):
    """A call and its token, which is the `created_by` of its events: how many they are, or why it failed."""

    token: str
    method: str
    events: int
    error: str | None
    seconds: float


def mix(url: str, snapshots: list[str], seconds: float) -> list[Call]:
    """Let the processes work for so long; return all their calls."""
    context = multiprocessing.get_context("forkserver")  # see tests.support.racing
    context.set_forkserver_preload(
        ["tests.faults.mixing", "hostsdb.engines.postgres", "hostsdb.engines.sqlite"]
    )
    barrier, results = context.Barrier(PROCESSES), context.Queue()
    processes = [
        context.Process(target=_work, args=(url, snapshots, seconds, f"p{n}", barrier, results), daemon=True)
        for n in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    reports = [results.get(timeout=seconds + 240) for _ in processes]
    for process in processes:
        process.join()
    failures = [report for report in reports if isinstance(report, str)]
    assert not failures, failures[0]
    return [call for report in reports for call in report]


def _work(url: str, snapshots: list[str], seconds: float, name: str, barrier: Any, results: Any) -> None:
    try:
        results.put(_calls(url, snapshots, seconds, name, barrier))
    except BaseException:
        barrier.abort()  # the others would wait for this process in vain
        results.put(traceback.format_exc())


def _calls(url: str, snapshots: list[str], seconds: float, name: str, barrier: Any) -> list[Call]:
    with hostsdb.connect(url, initialize=False) as storage:
        worker = _Worker(storage, snapshots, random.Random(name))
        barrier.wait(180)  # a slow machine needs more than a minute to start all processes
        end = time.monotonic() + seconds
        return [worker.call(f"{name}-{n}") for n in takewhile(lambda _: time.monotonic() < end, count())]


class _Worker:
    def __init__(self, storage: Storage, snapshots: list[str], chance: random.Random) -> None:
        self._storage = storage
        self._snapshots = snapshots
        self._chance = chance

    def call(self, token: str) -> Call:
        methods: list[Callable[[str], int]] = [self.add, self.update, self.delete, self.restore, self.import_]
        [method] = self._chance.choices(methods, [30, 40, 20, 2, 8])
        began, events, error = time.monotonic(), 0, None
        try:
            events = method(token)
        except StorageError as raised:
            error = f"{type(raised).__name__}: {raised}"
        return Call(token, method.__name__, events, error, time.monotonic() - began)

    def add(self, token: str) -> int:
        self._storage.add_host(self._address(), "h", created_by=token)
        return 1

    def update(self, token: str) -> int:
        host = self._some_host()
        changes: dict[str, Any] = {"comment": token}
        if self._chance.random() < 0.3 and (address := self._address()) != host.ip_address:
            changes["ip_address"] = address
        expected = host.event_version if self._chance.random() < 0.5 or len(changes) == 2 else None
        self._storage.update_host(host.id, expected_version=expected, created_by=token, **changes)
        return len(changes)

    def delete(self, token: str) -> int:
        self._storage.delete_host(self._some_host().id, created_by=token)
        return 1

    def restore(self, token: str) -> int:
        return len(self._storage.restore_snapshot(self._chance.choice(self._snapshots), created_by=token))

    def import_(self, token: str) -> int:
        lines = [f"{self._address()} h # {token}" for _ in range(5)]
        [mode] = self._chance.choices(["skip", "replace", "mirror"], [4, 4, 1])
        done = self._storage.import_hosts(parse(lines), mode=mode, created_by=token)  # type: ignore[arg-type]
        return done.added + done.changed + done.removed

    def _address(self) -> str:
        return f"10.0.0.{self._chance.randrange(ADDRESSES)}"

    def _some_host(self) -> hostsdb.HostEntry:
        # All processes may see an empty database at once, so none may wait here for another one to add a host.
        if not (hosts := self._storage.list_all()):
            raise NotFound(kind="host", id="any")
        return self._chance.choice(hosts)
