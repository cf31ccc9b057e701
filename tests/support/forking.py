"""A program whose children use what it has open: `python -m tests.support.forking STYLE URL`. It prints what it saw."""

import gc
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from ctypes import pythonapi
from functools import partial
from typing import Any

import hostsdb
from hostsdb import ConnectionFailed, HostCreated, HostFilter, Storage
from hostsdb.formats.record import HostRecord
from tests.conformance.calling import STYLES, in_new_loop

CALLS: dict[str, Callable[[Storage], Any]] = {
    "initialize": lambda storage: storage.initialize(),
    "health_check": lambda storage: storage.health_check(),
    "verify": lambda storage: storage.verify(),
    "append_event": lambda storage: storage.append_event("h", HostCreated("10.0.0.9", "h")),
    "append_batch": lambda storage: storage.append_batch([("h", [HostCreated("10.0.0.9", "h")], None)]),
    "load_events": lambda storage: storage.load_events("h"),
    "events_since": lambda storage: storage.events_since(-1),
    "list_all": lambda storage: storage.list_all(),
    "search": lambda storage: storage.search(HostFilter()),
    "add_host": lambda storage: storage.add_host("10.0.0.9", "h"),
    "import_hosts": lambda storage: storage.import_hosts([HostRecord(1, "10.0.0.9", "h")]),
    "create_snapshot": lambda storage: storage.create_snapshot(),
    "watch": lambda storage: list(storage.watch(-1, timeout=0)),
    "consuming": lambda storage: storage.consuming("c").__enter__(),
}


def failure(call: Callable[[], Any]) -> str:
    """Return what a call in a child says, and whether it said it at once."""
    begin = time.monotonic()
    try:
        call()
    except ConnectionFailed as error:
        text = "fails" if "connect after the fork" in str(error) else str(error)
    else:
        text = "works"
    return text if time.monotonic() - begin < 5 else f"{text}, late"


def child(storage: Storage, watched: Any) -> dict[str, str]:
    """Use everything of the parent, and close it."""
    seen = {name: failure(partial(call, storage)) for name, call in CALLS.items()}
    if isinstance(storage, Storage):  # the other one waits in the parent's event loop
        seen["watched"] = failure(lambda: next(watched))
    storage.close()  # does nothing
    return seen


def forked(work: Callable[[], Any]) -> Any:
    """Run a function in a child that ends as a program does; return its result, and how the child ended."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        os.write(writer, json.dumps(work()).encode())
        os.close(writer)
        gc.collect()
        # Not sys.exit, which would first leave the blocks of `main`, and close the parent's event loop.
        pythonapi.Py_Exit(0)
    os.close(writer)
    with open(reader) as answer:
        text = answer.read()
    deadline = time.monotonic() + 10
    while (ended := os.waitpid(pid, os.WNOHANG))[0] == 0:
        if time.monotonic() > deadline:
            os.kill(pid, 9)
        time.sleep(0.01)
    return [json.loads(text or "null"), ended[1]]


def connect_anew(style: str, url: str, hostname: str) -> str:
    """Open a storage of the child's own."""
    try:
        with STYLES[style]() as opened, opened(url, initialize=False) as storage:
            return str(storage.add_host("10.0.0.1", hostname).hostname)
    except ConnectionFailed as error:
        return str(error)


def multiprocess(storage: Any, style: str) -> Any:
    """Let multiprocessing fork, with the parent's storage as an argument."""
    process = multiprocessing.get_context("fork").Process(target=_target, args=[storage, style])
    process.start()
    process.join(10)
    return process.exitcode


def _target(storage: Any, style: str) -> None:
    assert failure(lambda: in_new_loop(storage).list_all()) == "fails"
    sys.exit(7)


def main(style: str, url: str) -> dict[str, Any]:
    with STYLES[style]() as opened, opened(url) as storage:
        storage.add_host("10.0.0.1", "first")
        watched = storage.watch(-1, timeout=10)
        events = [next(watched).event.hostname]  # type: ignore[union-attr]

        def leave() -> dict[str, str]:
            return child(in_new_loop(storage), watched)

        seen: dict[str, Any] = {"outside": forked(leave)}
        with storage.consuming("c") as batch:
            seen["inside"] = forked(leave)
            batch.connection.execute("CREATE TABLE IF NOT EXISTS handled (number INTEGER)")
            batch.connection.execute("INSERT INTO handled VALUES (1)")
        seen["consumers"] = len(storage.list_consumers())
        seen["multiprocessing"] = multiprocess(storage, style)
        seen["anew"] = forked(lambda: connect_anew(style, url, "anew"))
        storage.add_host("10.0.0.1", "last")
        events += [next(watched).event.hostname for _ in range(1 + (seen["anew"][0] == "anew"))]  # type: ignore[union-attr]
        watched.close()  # type: ignore[attr-defined]
        seen["watched"] = events
        seen["listed"] = [entry.hostname for entry in storage.list_all()]
        seen["verified"] = len(storage.verify())
    with hostsdb.connect(url) as again:
        seen["stored"] = [entry.hostname for entry in again.list_all()]
    return seen


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
