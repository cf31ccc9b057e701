"""A connection that is cut at each request of each call: what the call wants is done once, or it fails and is not."""

import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import get_args

import pytest

import hostsdb
from hostsdb import CommentUpdated, ConnectionFailed, EventEnvelope, HostCreated, Storage
from tests.conformance.calling import STYLES
from tests.faults.soundness import assert_sound, rows
from tests.support.postgres_proxy import CuttingProxy, When, cutting_proxy
from tests.support.postgres_server import PostgresServer, fresh_database
from tests.support.writing_calls import CALLS, COUNTS, Planned

pytestmark = pytest.mark.faults


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
