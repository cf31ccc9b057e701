"""Every public method with arguments of wrong types: only TypeError or StorageError, and nothing is stored."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

import hostsdb
from hostsdb import (
    EventEnvelope,
    HostCreated,
    HostEntry,
    HostFilter,
    InvalidData,
    NewHost,
    Snapshot,
    Storage,
    StorageError,
    TagsModified,
    UnknownEvent,
)
from hostsdb.formats.record import HostRecord
from tests.conformance.samples import created, new_host

NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001
WRONG: list[Any] = [None, 5, -1, 2**70, 1.5, float("nan"), True, b"bytes", "text", "", object(), NAIVE]
WRONG += ["2026-01-01T00:00:00Z", [None], [5], [b"bytes"], [[]], {"a": 1}, ("a", "b"), HostFilter, created(7)]
WRONG += [EventEnvelope(None), HostFilter(hostname=5), HostCreated("10.0.0.9", None), TagsModified(None, ())]  # type: ignore[arg-type]
WRONG += [Snapshot(None, "3"), Snapshot("", 1, created_at=NAIVE), [HostRecord(1, None, 5)]]  # type: ignore[arg-type]

METHODS = [
    name
    for name, method in vars(Storage).items()
    if not name.startswith("_") and callable(method) and name not in ("close", "initialize")
]


def given_for(name: str, host: HostEntry, snapshot: Snapshot) -> dict[str, Any]:
    """Arguments that are right, by name, for those that a method requires."""
    return {
        "id": snapshot.snapshot_id if "snapshot" in name or "restore" in name else host.id,
        "aggregate_id": "H9",
        "event_id": "E9",
        "reason": "why",
        "event": created(9),
        "events": [created(9)],
        "batch": [("H9", [created(9)], None)],
        "position": -1,
        "ip": "10.0.0.1",
        "ip_address": "10.0.0.9",
        "hostname": "new.lan",
        "filter": HostFilter(),
        "make": str,
        "moment": datetime.now(UTC),
        "snapshot": Snapshot("", 0),
        "records": [],
        "name": "name",
        "hosts": [],
        "entries": [],
        "text": "new.lan",
        "connection": None,
        "ns": ["ns.lan"],
        "mail": "me@lan",
    }


def stored(storage: Storage) -> tuple[object, ...]:
    return storage.log_end(), len(storage.list_snapshots())


consumers = count()


def call(storage: Storage, name: str, given: dict[str, Any]) -> None:
    if name == "consuming" and given["name"] == "name":
        given["name"] = f"consumer{next(consumers)}"  # it has events, and does not wait for them
    answer = getattr(storage, name)(**given)
    if isinstance(answer, AbstractContextManager):
        with answer:
            pass
    elif isinstance(answer, Iterator):
        answer.close()  # type: ignore[attr-defined]


def refused(storage: Storage, name: str, given: dict[str, Any]) -> bool:
    """Call a method. Return whether it refused its arguments."""
    try:
        call(storage, name, dict(given))
    except (TypeError, StorageError) as error:
        assert "\n" not in str(error)
        return True
    except Exception as error:
        raise AssertionError(f"{name}({given})") from error
    return False


@pytest.mark.generated
def test_a_wrong_argument_stores_nothing(storage: Storage) -> None:
    host, snapshot = new_host(storage), storage.create_snapshot()
    for name in METHODS:
        parameters = list(inspect.signature(getattr(Storage, name)).parameters.values())[1:]
        right = given_for(name, host, snapshot)
        required = {p.name: right[p.name] for p in parameters if p.default is p.empty}
        calls = [required | {parameter.name: wrong} for parameter in parameters for wrong in WRONG]
        wrong_calls = [given for given in calls if refused(storage, name, given)]
        before = stored(storage)
        assert all(refused(storage, name, given) for given in wrong_calls), name
        assert stored(storage) == before, name


# What is not None, of another type, and where a method looks at it.
CALLS: list[tuple[str, Callable[[Storage], object]]] = [
    ("id must be str, not None", lambda s: s.get_by_id(None)),  # type: ignore[arg-type]
    ("filter must be HostFilter, not None", lambda s: s.search(None)),  # type: ignore[arg-type]
    ("filter.hostname must be str or None, not int", lambda s: s.search(HostFilter(hostname=5))),  # type: ignore[arg-type]
    ("tags must be an iterable of str, not str", lambda s: s.add_host("10.0.0.1", "a", tags="ab")),
    (r"aliases\[1\] must be str, not None", lambda s: s.add_host("10.0.0.1", "a", aliases=["b", None])),  # type: ignore[list-item]
    ("priority must be int, not bool", lambda s: s.add_host("10.0.0.1", "a", priority=True)),
    ("comment must be str or None, not bytes", lambda s: s.add_host("10.0.0.1", "a", comment=b"c")),  # type: ignore[arg-type]
    (r"batch\[0\] must have 3 items, not 2", lambda s: s.append_batch([("H1", [])])),  # type: ignore[list-item]
    ("moment must be datetime, not str", lambda s: s.get_at_time("2026-01-01")),  # type: ignore[arg-type]
    (r"records\[0\] must be HostRecord or BadLine", lambda s: s.import_hosts([None])),  # type: ignore[list-item]
    ("timeout must be float or None, not str", lambda s: s.watch(-1, timeout="1")),  # type: ignore[arg-type]
    (r"hosts\[0\].ip_address must be str", lambda s: s.add_hosts([NewHost(5, "a")])),  # type: ignore[arg-type]
    ("limit must be int, not float", lambda s: s.consuming("name", limit=1.5).__enter__()),  # type: ignore[arg-type]
    ("missing 1 required positional argument: 'hostname'", lambda s: s.add_host("10.0.0.1")),  # type: ignore[call-arg]
    ("unexpected keyword argument 'host'", lambda s: s.get_by_id("a", host="b")),  # type: ignore[call-arg]
]


@pytest.mark.parametrize(("message", "wrong"), CALLS, ids=[message[:30] for message, _ in CALLS])
def test_a_wrong_type_is_named(storage: Storage, message: str, wrong: Callable[[Storage], object]) -> None:
    with pytest.raises(TypeError, match=message):
        wrong(storage)


def test_a_wrong_value_is_named(storage: Storage) -> None:
    with pytest.raises(InvalidData, match="mode must be one of skip, replace, mirror, not 'mirrors'"):
        storage.import_hosts([], mode="mirrors")  # type: ignore[arg-type]
    with pytest.raises(InvalidData, match="position must be an integer of 64 bits"):
        storage.events_since(2**63)
    with pytest.raises(InvalidData, match="UnknownEvent is not an event of a host"):
        storage.append_event("H", UnknownEvent({}, "unreadable"))
    with pytest.raises(InvalidData, match="max_age_days must be a number, not NaN"):
        storage.apply_retention_policy(max_age_days=float("nan"))


def test_connecting_checks_its_arguments() -> None:
    with pytest.raises(TypeError, match="url must be str or None, not int"):
        hostsdb.connect(5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="initialize must be bool, not str"):
        hostsdb.connect("sqlite://:memory:", initialize="no")  # type: ignore[arg-type]
