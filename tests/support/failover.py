"""Writers that go on while a server is lost and another takes over, each with one storage, and tell what they heard."""

import asyncio
import multiprocessing
import random
import time
from collections.abc import Callable, Generator
from itertools import count
from typing import Any, NamedTuple

import hostsdb
from hostsdb import AsyncStorage, CommentUpdated, HostCreated, HostEntry, Storage, StoredEvent

PROCESSES, TASKS = 4, 3
WRITERS = PROCESSES + TASKS  # one process more has a task of asyncio for each

# An event that was acknowledged: its host, version, and where the answer has them, event_id and position.
Event = tuple[str | None, str | None, str | None, int | None]


class Call(NamedTuple):
    """What one call of a storage came to. Its token, which no other call has, is in every event that it appends."""

    writer: str
    token: str
    method: str
    acknowledged: list[Event]
    error: str | None
    began: float
    ended: float


class _Planned(NamedTuple):
    method: str
    call: Callable[[Any], Any]
    settle: Callable[[Any], list[Event]]


class _Writer:
    """Chooses calls by chance, on hosts that nobody else changes. After an error it leaves the host alone."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._chance = random.Random(name)
        self._live: list[tuple[str, str]] = []

    def plan(self, token: str) -> _Planned:
        if len(self._live) < 3:
            return self._add(token)
        host = self._live.pop(self._chance.randrange(len(self._live)))
        return self._chance.choice([self._update, self._append, self._batch, self._delete])(token, *host)

    def _entry(self, entry: HostEntry) -> list[Event]:
        self._live.append((entry.id, entry.event_version))
        return [(entry.id, entry.event_version, None, None)]

    def _stored(self, envelope: StoredEvent) -> list[Event]:
        assert envelope.aggregate_id and envelope.event_version
        self._live.append((envelope.aggregate_id, envelope.event_version))
        return [(envelope.aggregate_id, envelope.event_version, envelope.event_id, envelope.position)]

    def _add(self, token: str) -> _Planned:
        return _Planned("add_host", lambda storage: storage.add_host("10.0.0.1", token), self._entry)

    def _update(self, token: str, id: str, version: str) -> _Planned:
        changes = {"comment": token, "tags": [token], "expected_version": version}
        return _Planned("update_host", lambda storage: storage.update_host(id, **changes), self._entry)

    def _append(self, token: str, id: str, version: str) -> _Planned:
        event = CommentUpdated(None, token)
        return _Planned(
            "append_event", lambda storage: storage.append_event(id, event, version), self._stored
        )

    def _batch(self, token: str, id: str, version: str) -> _Planned:
        batch = [
            (token, [HostCreated("10.0.0.1", token)], None),
            (id, [CommentUpdated(None, token)], version),
        ]
        return _Planned(
            "append_batch",
            lambda storage: storage.append_batch(batch),
            lambda stored: [event for envelope in stored for event in self._stored(envelope)],
        )

    def _delete(self, token: str, id: str, version: str) -> _Planned:
        return _Planned("delete_host", lambda storage: storage.delete_host(id, reason=token), lambda _: [])


_Script = Generator[Callable[[Any], Any], Any, list[Call]]


def _script(name: str, stop: Any) -> _Script:
    """Yield calls until it is time to stop; wants what each returned or raised."""
    writer, calls = _Writer(name), list[Call]()
    for number in count():
        if stop.is_set():
            break
        token = f"{name}-{number}"
        planned, began = writer.plan(token), time.monotonic()
        answer = yield planned.call
        ended = time.monotonic()
        failed = isinstance(answer, Exception)
        error = f"{type(answer).__name__}: {answer}" if failed else None
        events = [] if failed else planned.settle(answer)
        calls.append(Call(name, token, planned.method, events, error, began, ended))
    return calls


def _write(storage: Storage, script: _Script) -> list[Call]:
    answer: Any = None
    while True:
        try:
            call = script.send(answer)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]
        try:
            answer = call(storage)
        except Exception as error:
            answer = error


async def _write_async(storage: AsyncStorage, script: _Script) -> list[Call]:
    answer: Any = None
    while True:
        try:
            call = script.send(answer)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]
        try:
            answer = await call(storage)
        except Exception as error:
            answer = error


def _process(url: str, name: str, ready: Any, stop: Any, results: Any) -> None:
    with hostsdb.connect(url, initialize=False) as storage:
        ready.wait(60)
        results.put(_write(storage, _script(name, stop)))


def _async_process(url: str, name: str, ready: Any, stop: Any, results: Any) -> None:
    async def main() -> None:
        async with await hostsdb.connect_async(url, initialize=False) as storage:
            ready.wait(60)
            scripts = [_script(f"{name}{number}", stop) for number in range(TASKS)]
            of_tasks = await asyncio.gather(*(_write_async(storage, script) for script in scripts))
            results.put([call for calls in of_tasks for call in calls])

    asyncio.run(main())


class Writers:
    """Seven writers in five processes, at work when they are made."""

    def __init__(self, url: str) -> None:
        """Start them on a database with the schema."""
        context = multiprocessing.get_context("forkserver")  # see tests.support.racing
        context.set_forkserver_preload(["tests.support.failover", "hostsdb.engines.postgres"])
        self._ready, self._stop = context.Barrier(PROCESSES + 2), context.Event()
        self._results = context.Queue()
        shared = (self._ready, self._stop, self._results)
        arguments = [(_process, f"w{number}") for number in range(PROCESSES)] + [(_async_process, "a")]
        self._processes = [
            context.Process(target=target, args=(url, name, *shared), daemon=True)
            for target, name in arguments
        ]
        for process in self._processes:
            process.start()
        self._ready.wait(60)

    def stop(self) -> list[Call]:
        """Let each end the call that it is in; return every call of every writer."""
        self._stop.set()
        calls = [call for _ in self._processes for call in self._results.get(timeout=90)]
        for process in self._processes:
            process.join(30)
            assert process.exitcode == 0
        return calls
