"""A process with a clock of its own, which a test can set wrong; and what the log says of a moment."""

import json
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from typing import Any
from urllib.parse import quote

import psycopg

import hostsdb
from hostsdb import StorageError
from hostsdb.operations import import_changes, inserting, restore, snapshots
from tests.conformance.calling import STYLES
from tests.faults.soundness import rows

# The engines that have a clock of their own are given one that is as wrong, where hostsdb asks for it.
_POSTGRES_CLOCK = """
    CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql STABLE
    AS $$ SELECT pg_catalog.now() + current_setting('clock.wrong')::interval $$;
    ALTER TABLE host_events ALTER created_at SET DEFAULT public.now();
"""
_DUCKDB_CLOCK = "CREATE OR REPLACE TEMP MACRO now() AS get_current_timestamp() + to_microseconds({})"


class Clocked:
    """A process that calls a storage's methods, each time with a given clock."""

    def __init__(self, url: str, style: str) -> None:
        context = multiprocessing.get_context("forkserver")  # see tests.support.racing
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(url, style, theirs), daemon=True)
        self._process.start()

    def call(self, wrong: timedelta, method: str, *args: Any, **options: Any) -> Any:
        """Call a method while the clock is wrong by so much; raise what it raises."""
        self._pipe.send((wrong, method, args, options))
        answer = self._pipe.recv()
        if isinstance(answer, StorageError):
            raise answer
        return answer

    def end(self) -> None:
        """End the process."""
        self._pipe.send(None)
        self._process.join()
        self._pipe.close()


@contextmanager
def clocked(url: str, style: str) -> Iterator[Clocked]:
    """Give a process with its clock, and end it."""
    process = Clocked(url, style)
    try:
        yield process
    finally:
        process.end()


def prepare(url: str) -> None:
    """Make the schema, and the clock that can be wrong."""
    hostsdb.connect(url).close()
    if url.startswith("postgres"):
        with psycopg.connect(url) as session:
            session.execute(_POSTGRES_CLOCK)


def _serve(url: str, style: str, pipe: Any) -> None:
    with STYLES[style]() as opened:
        while (order := pipe.recv()) is not None:
            wrong, method, args, options = order
            _put_wrong(wrong)
            # Opened for each call: on DuckDB another process may have the next one.
            with opened(_with_clock(url, wrong), initialize=False) as storage:
                if url.startswith("duckdb"):
                    _put_duckdb_wrong(storage, style, wrong)
                try:
                    answer = getattr(storage, method)(*args, **options)
                except StorageError as error:
                    answer = error
            pipe.send(answer)


_time_ns = time.time_ns


def _put_wrong(wrong: timedelta) -> None:
    class WrongDatetime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "WrongDatetime":
            return cls.fromtimestamp((datetime.now(tz) + wrong).timestamp(), tz)

    for module in (import_changes, inserting, restore, snapshots):
        module.datetime = WrongDatetime  # type: ignore[attr-defined]
    time.time_ns = lambda: _time_ns() + wrong // timedelta(microseconds=1) * 1000  # the ULIDs' clock


def _with_clock(url: str, wrong: timedelta) -> str:
    if not url.startswith("postgres"):
        return url
    seconds = wrong / timedelta(seconds=1)
    options = f"-csearch_path=public,pg_catalog -cclock.wrong={seconds}s"
    return f"{url}?options={quote(options)}"


def _put_duckdb_wrong(storage: Any, style: str, wrong: timedelta) -> None:
    database = getattr(storage, "_of", storage)._database
    engine = database.engine if style == "sync" else database.engine._engine
    engine._connection.raw.execute(_DUCKDB_CLOCK.format(wrong // timedelta(microseconds=1)))


COLUMNS = "aggregate_id, event_type, event_version, ip_address, hostname, comment, tags, aliases, created_at"


def log(url: str) -> list[dict[str, Any]]:
    """Return the events in the order of their positions, asked with the bare driver."""
    names = COLUMNS.split(", ")
    found = [
        dict(zip(names, row, strict=True))
        for row in rows(url, f"SELECT {COLUMNS} FROM host_events ORDER BY position")
    ]
    for event in found:
        if isinstance(event["created_at"], str):
            event["created_at"] = datetime.fromisoformat(event["created_at"])
    return found


def state_at(events: list[dict[str, Any]], moment: datetime) -> dict[str, tuple[Any, ...]]:
    """Fold the events that are recorded as of a moment or before, each host's in the order of its versions."""
    state: dict[str, dict[str, Any]] = {}
    deleted = set()
    for event in sorted(events, key=lambda event: event["event_version"]):
        if event["created_at"] > moment:
            continue
        host = state.setdefault(event["aggregate_id"], {"comment": "", "tags": "[]", "aliases": "[]"})
        host |= {name: value for name, value in event.items() if value is not None}
        host.setdefault("created", event["event_type"] == "HostCreated")
        if event["event_type"] == "HostDeleted":
            deleted.add(event["aggregate_id"])
    return {id: _shown(host) for id, host in state.items() if host["created"] and id not in deleted}


def _shown(host: dict[str, Any]) -> tuple[Any, ...]:
    lists = tuple(tuple(json.loads(host[name])) for name in ("tags", "aliases"))
    pair = host["ip_address"], host["hostname"]
    return *pair, host["comment"] or None, *lists, host["created_at"], host["event_version"]
