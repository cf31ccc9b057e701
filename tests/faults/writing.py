"""A writer to be killed: a process that says over a pipe what it is about to do, and what was acknowledged."""

import multiprocessing
import random
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import NamedTuple

import hostsdb
from hostsdb import CommentUpdated, EventEnvelope, HostCreated, Storage, TagsModified
from hostsdb.model import HostEvent

CREATED, COMMENTED, TAGGED, DELETED = "HostCreated", "CommentUpdated", "TagsModified", "HostDeleted"


class Account(NamedTuple):
    """What a writer said before it was killed.

    Attributes:
        acknowledged: the events by the call that appended them: the token in their `created_by`, and their types.
        versions: the host and the version that an answer reported.
        under_way: the call, if any, whose answer did not come.
    """

    acknowledged: dict[str, list[str]]
    versions: set[tuple[str, str]]
    under_way: dict[str, list[str]]


def kill_a_writer(url: str, name: str, chance: random.Random) -> Account:
    """Let a writer write for 20 to 200 ms, kill it, and return what it said."""
    context = multiprocessing.get_context("forkserver")  # see tests.support.racing
    context.set_forkserver_preload(
        [
            "tests.faults.writing",
            *(f"hostsdb.engines.{engine}" for engine in ("postgres", "duckdb", "sqlite")),
        ]
    )
    ours, theirs = context.Pipe()
    writer = context.Process(target=_write, args=(url, name, theirs), daemon=True)
    writer.start()
    theirs.close()
    assert ours.recv_bytes() == b"ready"
    time.sleep(chance.uniform(0.02, 0.2))
    writer.kill()
    writer.join()
    account = Account({}, set(), {})
    for said in _said(ours):
        word, token, *rest = said.decode().split()
        if word == "begins":
            account.under_way[token] = rest
        else:
            account.acknowledged[token] = account.under_way.pop(token)
            account.versions.update(zip(rest[::2], rest[1::2], strict=True))
    assert len(account.under_way) <= 1
    return account


def _said(pipe: Connection) -> Iterator[bytes]:
    with pipe:
        while True:
            try:
                yield pipe.recv_bytes()
            except EOFError:
                return


def _write(url: str, name: str, pipe: Connection) -> None:
    with hostsdb.connect(url, initialize=False) as storage:
        storage.list_snapshots()
        pipe.send_bytes(b"ready")
        number = 0
        while True:
            _live(storage, f"{name}.{number}", pipe)
            number += 1


def _live(storage: Storage, name: str, pipe: Connection) -> None:
    """One host's life."""

    def begin(word: str, *types: str) -> str:
        token = f"{name}.{word}"
        pipe.send_bytes(" ".join(["begins", token, *types]).encode())
        return token

    def end(token: str, *reported: str | None) -> None:
        pipe.send_bytes(" ".join(["ended", token, *map(str, reported)]).encode())

    token = begin("add", CREATED)
    host = storage.add_host("10.0.0.1", name, created_by=token)
    end(token, host.id, host.event_version)
    token = begin("update", COMMENTED, TAGGED)
    host = storage.update_host(host.id, comment="c", tags=["t"], created_by=token)
    end(token, host.id, host.event_version)
    token = begin("batch", CREATED, CREATED, COMMENTED, TAGGED)
    batch = storage.append_batch(
        [
            (f"{name}.a", [EventEnvelope(HostCreated("10.0.0.2", name), created_by=token)], None),
            (f"{name}.b", [EventEnvelope(HostCreated("10.0.0.3", name), created_by=token)], None),
            (host.id, _changes(token), host.event_version),
        ]
    )
    end(token, *(text for e in batch for text in (e.aggregate_id, e.event_version)))
    token = begin("delete", DELETED)
    storage.delete_host(host.id, created_by=token)
    end(token)


def _changes(token: str) -> list[EventEnvelope]:
    changes: list[HostEvent] = [CommentUpdated("c", "d"), TagsModified(("t",), ())]
    return [EventEnvelope(change, created_by=token) for change in changes]
