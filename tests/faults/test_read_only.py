"""A server that is read-only behind one address, as after a switchover: writes wait for the primary, reads go on."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest

import hostsdb
from hostsdb import CommentUpdated, ConnectionFailed, EventEnvelope, HostCreated, Snapshot, Storage
from hostsdb.formats.hosts import parse
from hostsdb.model import HostEvent, NewHost
from tests.conformance.calling import STYLES, Open
from tests.faults.test_failover import assert_stored
from tests.support.failover import WRITERS, Writers
from tests.support.forwarder import Forwarder, forwarder
from tests.support.postgres_process import PostgresProcess, postgres_process
from tests.support.postgres_standby import PostgresStandby, ask, postgres_standby, wait_until

pytestmark = pytest.mark.faults


class Address(NamedTuple):
    """A primary and its standby behind one address."""

    primary: PostgresProcess
    standby: PostgresStandby
    forwarder: Forwarder

    def url(self, query: str = "acquire_timeout=20") -> str:
        return f"{self.primary.url_at(self.forwarder.port)}?{query}"

    def lead_to(self, server: PostgresProcess) -> None:
        """Send new connections to a server, and end those that are open."""
        self.forwarder.lead_to(server.port)


@contextmanager
def one_address() -> Iterator[Address]:
    with (
        postgres_process() as primary,
        postgres_standby(primary) as standby,
        forwarder(primary.port) as forward,
    ):
        hostsdb.connect(primary.url).close()
        yield Address(primary, standby, forward)


@pytest.fixture(scope="module")
def servers() -> Iterator[Address]:
    with one_address() as servers:
        yield servers


@pytest.fixture(params=STYLES)
def opened(request: pytest.FixtureRequest) -> Iterator[Open]:
    """What opens a storage in the call style."""
    with STYLES[request.param]() as opened:
        yield opened


def in_transaction(storage: Storage, name: str) -> None:
    with storage.transaction() as inside:
        inside.add_host("10.0.0.1", name)


def consume(storage: Storage, name: str) -> None:
    with storage.consuming(name) as batch:
        assert batch.events


class Write(NamedTuple):
    """A write, and what it needs: called with a storage and a name of its own."""

    call: Callable[[Storage, str], Any]
    prepare: Callable[[Storage, str], Any] = lambda storage, name: None


def host(storage: Storage, name: str) -> str:
    return storage.search(hostsdb.HostFilter(hostname=name))[0].id


def add(storage: Storage, name: str) -> Any:
    return storage.add_host("10.0.0.1", name)


def add_and_consume(storage: Storage, name: str) -> None:
    add(storage, name)
    consume(storage, name)


def _append_batch(storage: Storage, name: str) -> None:
    changes: list[HostEvent] = [HostCreated("10.0.0.1", name), CommentUpdated(None, "c")]
    storage.append_batch([(name, changes, None), (f"{name}2", [HostCreated("10.0.0.2", name)], None)])


WRITES = {
    "add_host": Write(add),
    "update_host": Write(lambda s, name: s.update_host(host(s, name), comment="c", tags=["t"]), add),
    "delete_host": Write(lambda s, name: s.delete_host(host(s, name)), add),
    "append_event": Write(
        lambda s, name: s.append_event(name, EventEnvelope(HostCreated("10.0.0.1", name), event_id=name))
    ),
    "append_batch": Write(_append_batch),
    "add_hosts": Write(lambda s, name: s.add_hosts([NewHost("10.0.0.1", name), NewHost("10.0.0.2", name)])),
    "update_hosts": Write(
        lambda s, name: s.update_hosts(hostsdb.HostFilter(hostname=name), comment="c"), add
    ),
    "save_snapshot": Write(lambda s, name: s.save_snapshot(Snapshot("10.0.0.1\th\n", 1, name=name))),
    "create_snapshot": Write(lambda s, name: s.create_snapshot(name)),
    "delete_snapshot": Write(
        lambda s, name: s.delete_snapshot(str(s.list_snapshots()[0].snapshot_id)),
        lambda s, name: s.create_snapshot(name),
    ),
    "restore_snapshot": Write(
        lambda s, name: s.restore_snapshot(str(s.list_snapshots()[0].snapshot_id)),
        lambda s, name: (s.create_snapshot(name), add(s, name)),
    ),
    "apply_retention_policy": Write(lambda s, name: s.apply_retention_policy(max_count=1)),
    "import_hosts": Write(lambda s, name: s.import_hosts(parse([f"10.0.0.1 {name}", f"10.0.0.2 {name}"]))),
    "mirror": Write(lambda s, name: s.import_hosts(parse([f"10.0.0.1 {name}"]), mode="mirror")),
    "transaction": Write(in_transaction),
    "consuming": Write(consume, add),
    "reset_consumer": Write(lambda s, name: s.reset_consumer(name, -1), add_and_consume),
    "remove_consumer": Write(lambda s, name: s.remove_consumer(name), add_and_consume),
}


@pytest.mark.parametrize("name", WRITES)
def test_a_write_waits_for_a_server_that_accepts_it(opened: Open, servers: Address, name: str) -> None:
    servers.lead_to(servers.primary)
    with opened(servers.url()) as storage:
        mine = f"{name}-{type(storage).__name__}".replace("_", "-").lower()
        WRITES[name].prepare(storage, mine)
        servers.standby.catch_up()
        servers.lead_to(servers.standby)
        storage.list_all()
        if name == "transaction":  # a block is not repeated; the next one waits
            with pytest.raises(ConnectionFailed, match="read-only"):
                WRITES[name].call(storage, mine)
        with servers.forwarder.leading_later(servers.primary.port, 0.5) as began:
            WRITES[name].call(storage, mine)
            assert 0.4 < time.monotonic() - began < 10


def test_a_server_that_stays_read_only_is_named(opened: Open, servers: Address) -> None:
    servers.standby.catch_up()
    with opened(f"{servers.standby.url}?acquire_timeout=1", initialize=False) as storage:
        place = f"127.0.0.1:{servers.standby.port}"
        for call in (lambda: storage.add_host("10.0.0.1", "h"), lambda: consume(storage, "none")):
            before = time.monotonic()
            with pytest.raises(ConnectionFailed, match=f"{place}.* within 1 s: .*read-only"):
                call()
            assert 0.9 < time.monotonic() - before < 5
        began = time.monotonic()
        storage.list_all()
        storage.events_since(-1)
        assert time.monotonic() - began < 0.5
        with storage.transaction() as inside:  # waits for a primary at first, because a write was refused
            inside.list_all()
        assert time.monotonic() - began < 5
        with storage.transaction() as inside:
            inside.list_all()


def test_read_only_for_the_moment(opened: Open, servers: Address) -> None:
    # As a server in a cloud whose disk is full.
    with opened(servers.primary.url) as storage, opened(f"{servers.primary.url}?acquire_timeout=1") as other:
        set_read_only(servers.primary, "SET default_transaction_read_only = on")
        with pytest.raises(ConnectionFailed, match="read-only"):
            other.add_host("10.0.0.1", "never")
        timer = threading.Timer(0.5, set_read_only, (servers.primary, "RESET default_transaction_read_only"))
        timer.start()
        storage.add_host("10.0.0.1", f"moment-{type(storage).__name__}".lower())
        timer.join()


def set_read_only(server: PostgresProcess, setting: str) -> None:
    ask(server.url, f"ALTER SYSTEM {setting}")
    ask(server.url, "SELECT pg_reload_conf()")
    value = "on" if setting.startswith("SET") else "off"
    wait_until(lambda: ask(server.url, "SHOW default_transaction_read_only") == [(value,)])


def test_a_switchover_without_an_error() -> None:
    with one_address() as servers:
        writers = Writers(servers.url())
        time.sleep(2)
        servers.primary.stop()  # the standby has received everything then
        servers.standby.promote()
        servers.primary.follow(servers.standby)
        servers.primary.start()
        assert ask(servers.primary.url, "SELECT pg_is_in_recovery()") == [(True,)]
        time.sleep(2)  # the address still leads there, as long as a health check notices nothing
        servers.lead_to(servers.standby)
        led_at = time.monotonic()
        time.sleep(4)
        calls = writers.stop()
        assert len({call.writer for call in calls if call.began > led_at}) == WRITERS
        assert_stored(servers.standby.url, calls)  # no call has failed
