"""A process whose threads append, and whose main thread is interrupted: prints what each thread got as JSON."""

import json
import signal
import sys
import threading
from typing import Any

import hostsdb
from hostsdb import EventEnvelope, HostCreated, Storage

THREADS = 32


class Main:
    """The calls of the main thread. A signal interrupts a call, and nothing else."""

    def __init__(self, storage: Storage) -> None:
        self.acknowledged: list[str] = []
        self.interrupted = 0
        self._storage = storage
        self._is_calling = False
        signal.signal(signal.SIGINT, self._interrupt)

    def _interrupt(self, *_: Any) -> None:
        if self._is_calling:
            self._is_calling = False
            raise KeyboardInterrupt

    def append(self, event_id: str) -> None:
        try:
            self._is_calling = True
            stored = append(self._storage, event_id)
            self._is_calling = False
            self.acknowledged.append(stored)
        except KeyboardInterrupt:
            self.interrupted += 1


def append(storage: Storage, event_id: str) -> str:
    event = EventEnvelope(HostCreated("10.0.0.1", event_id), event_id=event_id)
    return storage.append_event(event_id, event).event_id


def main(url: str, interrupts: int) -> None:
    """Append until the main thread was interrupted so many times."""
    ended = threading.Event()
    acknowledged: list[list[str]] = [[] for _ in range(THREADS - 1)]
    errors: list[str] = []

    def run(number: int) -> None:
        try:
            count = 0
            while not ended.is_set():
                acknowledged[number].append(append(storage, f"{number}-{count}"))
                count += 1
        except BaseException as error:
            errors.append(repr(error))

    with hostsdb.connect(url, initialize=False) as storage:
        threads = [threading.Thread(target=run, args=(n,)) for n in range(THREADS - 1)]
        for thread in threads:
            thread.start()
        threading.Event().wait(0.5)  # the pool is full, and threads share statements
        called = Main(storage)
        print("ready", flush=True)
        count = 0
        while called.interrupted < interrupts:
            called.append(f"main-{count}")
            count += 1
        before = [len(each) for each in acknowledged]
        threading.Event().wait(0.5)
        ended.set()
        for thread in threads:
            thread.join()
    went_on = [len(each) > b for each, b in zip(acknowledged, before, strict=True)]
    print(
        json.dumps([errors, went_on, called.acknowledged, [each for some in acknowledged for each in some]])
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
