"""Processes that do everything at once to the same few hosts, and tell of each call what it came to."""

import multiprocessing
import random
import time
from collections.abc import Callable
from itertools import count
from typing import Any, NamedTuple

import hostsdb
from hostsdb import Storage, StorageError
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
    calls = [call for _ in processes for call in results.get(timeout=seconds + 120)]
    for process in processes:
        process.join()
        assert process.exitcode == 0
    return calls


def _work(url: str, snapshots: list[str], seconds: float, name: str, barrier: Any, results: Any) -> None:
    with hostsdb.connect(url, initialize=False) as storage:
        worker = _Worker(storage, snapshots, random.Random(name))
        barrier.wait(60)
        calls, end = [], time.monotonic() + seconds
        for number in count():
            if time.monotonic() > end:
                break
            calls.append(worker.call(f"{name}-{number}"))
        results.put(calls)


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
        while not (hosts := self._storage.list_all()):
            self._storage.health_check()
        return self._chance.choice(hosts)
