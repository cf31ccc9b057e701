"""Processes that race for the same thing, started together, round after round."""

import multiprocessing
from collections.abc import Callable
from typing import Any

import hostsdb
from hostsdb import CommentUpdated, Storage, StorageError

RACERS = 8
# One racer's account of one round: the error's name or "won", and what the error or the winner tells.
Account = tuple[str, Any]


def race(url: str, kind: str, rounds: int) -> list[list[Account]]:
    """Run a race of eight processes, and return the accounts of each round."""
    context = multiprocessing.get_context(
        "forkserver"
    )  # a new process as of "spawn", but imports are made once
    context.set_forkserver_preload(
        ["tests.support.racing", "hostsdb.engines.postgres", "hostsdb.engines.sqlite"]
    )
    barrier, results = context.Barrier(RACERS), context.Queue()
    racers = [
        context.Process(target=_racer, args=(url, kind, rounds, number, barrier, results), daemon=True)
        for number in range(RACERS)
    ]
    for racer in racers:
        racer.start()
    accounts = [results.get(timeout=60) for _ in racers]
    for racer in racers:
        racer.join()
    return [list(of_round) for of_round in zip(*accounts, strict=True)]


def _racer(url: str, kind: str, rounds: int, number: int, barrier: Any, results: Any) -> None:
    run = {"version": _same_version, "pair": _same_pair, "own": _own_hosts, "blind": _same_host}[kind]
    with hostsdb.connect(url, initialize=False) as storage:
        results.put([run(storage, round_, number, barrier) for round_ in range(rounds)])


def _told(call: Callable[[], Any]) -> Account:
    try:
        return "won", call()
    except StorageError as error:
        return type(error).__name__, vars(error)


def _same_version(storage: Storage, round_: int, number: int, barrier: Any) -> Account:
    barrier.wait(60)
    expected = storage.get_current_version("H")
    barrier.wait(60)
    event = CommentUpdated(None, f"{number}")
    return _told(lambda: storage.append_event("H", event, expected).event_version)


def _same_pair(storage: Storage, round_: int, number: int, barrier: Any) -> Account:
    barrier.wait(60)
    return _told(lambda: storage.add_host("10.0.0.1", f"host{round_}").id)


def _own_hosts(storage: Storage, round_: int, number: int, barrier: Any) -> Account:
    if round_ == 0:
        barrier.wait(60)
    host = storage.add_host(f"10.1.{number}.{round_}", "h")
    storage.update_host(host.id, comment="x", tags=["t"])
    return "won", host.id


def _same_host(storage: Storage, round_: int, number: int, barrier: Any) -> Account:
    if round_ == 0:
        barrier.wait(60)
    return _told(lambda: storage.update_host("H", comment=f"{number} {round_}").comment)
