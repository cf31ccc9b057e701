"""A connection that is cut at each request of each call: what the call wants is done once, or it fails and is not."""

import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, NamedTuple, get_args

import pytest

import hostsdb
from hostsdb import (
    AliasesModified,
    CommentUpdated,
    ConnectionFailed,
    EventEnvelope,
    HostCreated,
    ImportSummary,
    Snapshot,
    Storage,
)
from hostsdb.formats.hosts import parse
from hostsdb.model import HostEvent
from tests.conformance.calling import STYLES
from tests.faults.soundness import assert_sound, rows
from tests.support.postgres_proxy import CuttingProxy, When, cutting_proxy
from tests.support.postgres_server import PostgresServer, fresh_database

pytestmark = pytest.mark.faults

COUNTS = "SELECT (SELECT count(*) FROM host_events), (SELECT count(*) FROM snapshots)"


class Planned(NamedTuple):
    """A call, how many events and snapshots it adds, and what it returns as another storage sees it afterwards."""

    call: Callable[[Storage], Any]
    events: int
    snapshots: int
    expected: Callable[[Any], Any]


def _entry(other: Storage) -> Callable[[Any], Any]:
    return lambda entry: other.get_by_id(entry.id)


def _envelopes(other: Storage) -> Callable[[Any], Any]:
    def stored(answer: Any) -> Any:
        envelopes = answer if isinstance(answer, list) else [answer]
        hosts = {envelope.aggregate_id for envelope in envelopes}
        found = {e.event_id: e for host in hosts for e in other.load_events(str(host))}
        return (
            type(answer)(found[e.event_id] for e in envelopes)
            if answer is envelopes
            else found[answer.event_id]
        )

    return stored


def _snapshot(other: Storage) -> Callable[[Any], Any]:
    return lambda snapshot: other.get_snapshot(snapshot.snapshot_id)


def add_host(other: Storage, name: str) -> Planned:
    return Planned(lambda s: s.add_host("10.0.0.1", name, tags=["t"], comment="c"), 1, 0, _entry(other))


def update_host(other: Storage, name: str) -> Planned:
    host = other.add_host("10.0.0.1", name)
    changes: dict[str, Any] = {
        "comment": "c",
        "tags": ["t"],
        "aliases": [f"{name}.x"],
        "hostname": f"{name}y",
    }
    version = host.event_version
    return Planned(lambda s: s.update_host(host.id, expected_version=version, **changes), 4, 0, _entry(other))


def delete_host(other: Storage, name: str) -> Planned:
    host = other.add_host("10.0.0.1", name)
    version = host.event_version
    return Planned(lambda s: s.delete_host(host.id, expected_version=version), 1, 0, lambda answer: None)


def append_event(other: Storage, name: str) -> Planned:
    return Planned(lambda s: s.append_event(name, HostCreated("10.0.0.1", name)), 1, 0, _envelopes(other))


def append_batch(other: Storage, name: str) -> Planned:
    host = other.add_host("10.0.0.1", name)
    changes: list[HostEvent] = [CommentUpdated(None, "c"), AliasesModified((), ("a",))]
    batch: Any = [(f"{name}2", [HostCreated("10.0.0.2", name)], None), (host.id, changes, host.event_version)]
    return Planned(lambda s: s.append_batch(batch), 3, 0, _envelopes(other))


def save_snapshot(other: Storage, name: str) -> Planned:
    snapshot = Snapshot("10.0.0.1\th\n", 1, name=name)
    return Planned(lambda s: s.save_snapshot(snapshot), 0, 1, _snapshot(other))


def create_snapshot(other: Storage, name: str) -> Planned:
    return Planned(lambda s: s.create_snapshot(name), 0, 1, _snapshot(other))


def delete_snapshot(other: Storage, name: str) -> Planned:
    snapshot = other.create_snapshot(name)
    id = str(snapshot.snapshot_id)
    return Planned(lambda s: s.delete_snapshot(id), 0, -1, lambda answer: None)


def restore_snapshot(other: Storage, name: str) -> Planned:
    changed, deleted = other.add_host("10.0.0.1", name), other.add_host("10.0.0.2", name)
    snapshot = other.create_snapshot(name)
    other.update_host(changed.id, comment="c", ip_address="10.0.0.4")
    other.delete_host(deleted.id)
    other.add_host("10.0.0.3", name)
    id = str(snapshot.snapshot_id)
    return Planned(lambda s: s.restore_snapshot(id), 4, 1, _envelopes(other))


def import_that_adds(other: Storage, name: str) -> Planned:
    text = [f"10.0.0.1 {name} {name}.x", f"10.0.0.2 {name}"]
    summary = ImportSummary(
        read=2, added=2, changed=0, removed=0, identical=0, differing=0, repeated=0, bad=0
    )
    return Planned(lambda s: s.import_hosts(parse(text)), 2, 0, lambda answer: summary)


def import_that_changes(other: Storage, name: str) -> Planned:
    other.import_hosts(parse([f"10.0.0.1 {name}", f"10.0.0.2 {name}"]), mode="mirror")
    text = [f"10.0.0.1 {name} # c"]
    summary = ImportSummary(
        read=1, added=0, changed=1, removed=1, identical=0, differing=0, repeated=0, bad=0
    )
    return Planned(lambda s: s.import_hosts(parse(text), mode="mirror"), 2, 1, lambda answer: summary)


CALLS = [
    add_host,
    update_host,
    delete_host,
    append_event,
    append_batch,
    save_snapshot,
    create_snapshot,
    delete_snapshot,
    restore_snapshot,
    import_that_adds,
    import_that_changes,
]


@pytest.fixture
def url(postgres_server: PostgresServer) -> Iterator[str]:
    """A fresh database with the schema."""
    with fresh_database(postgres_server.url) as url:
        hostsdb.connect(url).close()
        yield url


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("plan", CALLS)
def test_cut_at_each_request(style: str, plan: Callable[[Storage, str], Planned], url: str) -> None:
    with (
        hostsdb.connect(url, initialize=False) as other,
        cutting_proxy(url) as proxy,
        STYLES[style]() as opened,
        opened(f"{proxy.url}?acquire_timeout=10&max_connections=2", initialize=False) as storage,
    ):
        numbers = count()
        for when in get_args(When):
            last = next(
                n
                for n in count(1)
                if not _is_cut_at(n, when, plan, next(numbers), storage, other, proxy, url)
            )
            assert last > 1
    assert_sound(url)


def _is_cut_at(
    request: int,
    when: When,
    plan: Callable[[Storage, str], Planned],
    number: int,
    storage: Storage,
    other: Storage,
    proxy: CuttingProxy,
    url: str,
) -> bool:
    planned = plan(other, f"host{number}")
    [before] = rows(url, COUNTS)
    proxy.cut_at(request, when)
    began = time.monotonic()
    try:
        answer, failed = planned.call(storage), False
    except ConnectionFailed as error:
        # The file is read, so that only its caller can begin again.
        assert "import" in plan.__name__ and "nothing was imported, import again" in str(error)
        answer, failed = None, True
    assert time.monotonic() - began < 5
    was_cut, sent = proxy.was_cut, proxy.requests
    proxy.cut_at(0, "before")
    [after] = rows(url, COUNTS)
    stored = (after[0] - before[0], after[1] - before[1])
    assert stored == ((0, 0) if failed else (planned.events, planned.snapshots)), (request, when, sent)
    assert failed or answer == planned.expected(answer)
    return was_cut


@pytest.mark.parametrize("style", STYLES)
def test_a_caller_repeats_an_append_with_its_event_id(style: str, url: str) -> None:
    with (
        cutting_proxy(url) as proxy,
        STYLES[style]() as opened,
        opened(f"{proxy.url}?acquire_timeout=0.5", initialize=False) as storage,
    ):
        for when in get_args(When):
            batch = _batch(when)
            proxy.cut_at(1, when)
            proxy.hold_when_cut = True
            began = time.monotonic()
            with pytest.raises(ConnectionFailed):
                storage.append_batch(batch)
            assert proxy.was_cut and time.monotonic() - began < 0.5 + 3
            proxy.go_on()
            proxy.cut_at(0, "before")
            stored = storage.append_batch(batch)
            assert stored == storage.append_batch(batch)
            wanted = [e.event_id for _, envelopes, _ in batch for e in envelopes]
            assert [e.event_id for e in stored] == wanted
            ids = f"SELECT event_id FROM host_events WHERE event_id LIKE '{when}-%'"
            assert sorted(rows(url, ids)) == sorted((event_id,) for event_id in wanted)
    assert_sound(url)


def _batch(name: str) -> list[tuple[str, list[EventEnvelope], None]]:
    """Two hosts, one of them with two events, in one request."""
    hosts = [f"{name}-a", f"{name}-b"]
    events = {host: [EventEnvelope(HostCreated("10.0.0.1", host), event_id=host)] for host in hosts}
    events[hosts[1]].append(EventEnvelope(CommentUpdated(None, "c"), event_id=f"{name}-c"))
    return [(host, events[host], None) for host in hosts]
