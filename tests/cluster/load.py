"""Programs that write and follow the log of a cluster while it fails, and what they saw."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count, pairwise
from pathlib import Path

import psycopg

import hostsdb
from hostsdb import CommentUpdated, ConnectionFailed, HostCreated, Storage

WRITERS = 4
# Between two calls of a writer, in seconds: the machine also runs three servers.
_PAUSE = 0.02

Token = tuple[str, str]  # the type of an event, and a text that only one call has written


class Load:
    """Four writers, a watcher, a consumer and an export to a file. All use the cluster's one address.

    Attributes:
        acknowledged: what callers believe is stored, and when they heard it, by time.monotonic().
        errors: the errors of calls, except those of a block that the caller repeats.
        interrupted: how many blocks of `consuming` got an error and were repeated.
        watched: the ids of the events that `watch` yielded.
    """

    def __init__(self, url: str, name: str, folder: Path) -> None:
        self._url = url
        self.name = name
        self.acknowledged: dict[Token, float] = {}
        self.errors: list[str] = []
        self.interrupted = 0
        self.watched: list[str] = []
        self.file = folder / f"{name}.hosts"
        self._stop, self._no_more = threading.Event(), threading.Event()
        with hostsdb.connect(self._url) as storage:
            self.start = storage.log_end()
            with storage.consuming(name, start="end"):
                pass  # its position is stored: it begins here, whatever happens to its first turn

    def begin(self) -> None:
        """Start everything."""
        self._pool = ThreadPoolExecutor(WRITERS + 2)
        tasks: list[Callable[[Storage], None]] = [self._watch, self._consume]
        tasks += [self._writer(number) for number in range(WRITERS)]
        self._running = [self._pool.submit(self._run, task) for task in tasks]
        command = [sys.executable, "-m", "hostsdb", "export", str(self.file), "--follow", "--url", self._url]
        self._export_log = self.file.with_suffix(".log").open("wb")
        self._export = subprocess.Popen(command, stdout=self._export_log, stderr=subprocess.STDOUT)

    def _run(self, task: Callable[[Storage], None]) -> None:
        with hostsdb.connect(self._url, initialize=False) as storage:
            task(storage)

    def _writer(self, number: int) -> Callable[[Storage], None]:
        def write(storage: Storage) -> None:
            for turn in count():
                for call in (_append, _add, _update, _delete):
                    if self._stop.wait(_PAUSE):
                        return
                    self._call(call, storage, f"{self.name}-{number}-{turn}")

        return write

    def _call(self, call: Callable[[Storage, str], Token], storage: Storage, name: str) -> None:
        try:
            token = call(storage, name)
        except hostsdb.StorageError as error:
            self.errors.append(f"{call.__name__} {name}: {type(error).__name__}: {error}")
        else:
            self.acknowledged[token] = time.monotonic()

    def _watch(self, storage: Storage) -> None:
        position = self.start
        while not self._no_more.is_set():
            try:
                for event in storage.watch(position, timeout=1):
                    self.watched.append(event.event_id)
                    position = event.position
            except ConnectionFailed as error:
                self.errors.append(f"watch: {error}")

    def _consume(self, storage: Storage) -> None:
        while not self._no_more.is_set():
            try:
                with storage.consuming(self.name, timeout=1) as batch:
                    for event in batch.events:
                        batch.connection.execute(
                            "INSERT INTO consumed VALUES (%s, %s)", (self.name, event.event_id)
                        )
            except (ConnectionFailed, psycopg.Error):
                self.interrupted += 1

    def wait_for_writes(self, seconds: float) -> None:
        """Return when each writer has stored something from now on."""
        began, names = time.monotonic(), {f"{self.name}-{number}-" for number in range(WRITERS)}
        while names:
            assert time.monotonic() < began + seconds, f"no write of {names}; {self.errors[-3:]}"
            fresh = {text for (_, text), at in self.acknowledged.copy().items() if at > began}
            names = {name for name in names if not any(text.startswith(name) for text in fresh)}
            time.sleep(0.1)

    def stop_writers(self) -> None:
        """Let every writer end its call."""
        self._stop.set()
        for running in self._running[2:]:
            running.result(120)

    def stop(self) -> None:
        """Let the followers end."""
        self._stop.set()
        self._no_more.set()
        self._pool.shutdown()
        for running in self._running:
            running.result()
        self._export.terminate()
        self._export.wait(20)
        self._export_log.close()

    def export_log(self) -> str:
        """Return what export --follow has printed in the end."""
        return self.file.with_suffix(".log").read_text()[-1000:]

    def seconds_without_a_writer(self) -> float:
        """Return the longest time in which no call of any writer ended well."""
        return max(later - earlier for earlier, later in pairwise(sorted(self.acknowledged.values())))


def _append(storage: Storage, name: str) -> Token:
    storage.append_event(name, HostCreated("10.0.0.1", name))
    return "HostCreated", name


def _add(storage: Storage, name: str) -> Token:
    storage.add_host("10.0.0.2", f"{name}.lan")
    return "HostCreated", f"{name}.lan"


def _update(storage: Storage, name: str) -> Token:
    version = storage.get_current_version(name)
    storage.append_batch([(name, [CommentUpdated(None, name)], version)])
    return "CommentUpdated", name


def _delete(storage: Storage, name: str) -> Token:
    storage.delete_host(name, reason=name)
    return "HostDeleted", name
