"""hostsdb zone follow: PowerDNS with its default caches answers what was committed, at once."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import dns.message
import dns.opcode
import pytest

from hostsdb import HostCreated, NewHost, Storage
from hostsdb.cli.name_server import changed_names, with_parents
from tests.support.powerdns import PowerDNS, backend

ROOT = Path(__file__).parent.parent.parent
Answer = list[str] | str


@contextmanager
def following(server: PowerDNS, url: str, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run the command. Its standard error is in `follow.log`."""
    command = [sys.executable, "-m", "hostsdb", "zone", "follow", "--control", server.socket, *options]
    with open(server.folder / "follow.log", "w") as log:
        process = subprocess.Popen(
            command, env=os.environ | {"HOSTSDB_URL": url, "PYTHONPATH": str(ROOT)}, stderr=log, text=True
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def server(url: str, tmp_path: Path) -> Iterator[PowerDNS]:
    made = PowerDNS(tmp_path, backend(url))
    with made.running():
        yield made


def until(ask: Callable[[], Answer], wanted: Answer, seconds: float = 5) -> float:
    """Ask until the answer is the wanted one. Return the time in seconds that this took."""
    start = time.monotonic()
    while (answer := ask()) != wanted:
        assert time.monotonic() - start < seconds, f"{answer} is not {wanted}"
        time.sleep(0.0005)
    return time.monotonic() - start


def wait_for(storage: Storage, server: PowerDNS) -> None:
    """Wait until the follower runs: a change of a cached name is answered."""
    host = storage.add_host("192.168.9.9", "ready.lan")
    assert server.ask("ready.lan") == ["192.168.9.9"]
    storage.update_host(host.id, ip_address="192.168.9.8")
    until(lambda: server.ask("ready.lan"), ["192.168.9.8"], 15)


@pytest.mark.faults
def test_without_it_a_change_is_not_answered(storage: Storage, server: PowerDNS) -> None:
    host = storage.add_host("192.168.1.1", "nas.lan")
    assert server.ask("nas.lan") == ["192.168.1.1"]
    storage.update_host(host.id, ip_address="192.168.1.2")
    time.sleep(0.5)
    assert server.ask("nas.lan") == ["192.168.1.1"]


def test_thirty_changes_are_answered_at_once(storage: Storage, server: PowerDNS, url: str) -> None:
    host = storage.add_host("192.168.1.1", "nas.lan", aliases=["files.lan"])
    with following(server, url):
        wait_for(storage, server)
        times = []
        for number in range(2, 32):
            server.ask("files.lan")  # the old answer is in the caches
            storage.update_host(host.id, ip_address=f"192.168.1.{number}")
            times.append(until(lambda: server.ask("files.lan"), [f"192.168.1.{number}"]))
    assert statistics.median(times) < 0.1, times  # some milliseconds; this machine may be busy


def test_every_name_that_a_change_concerns(storage: Storage, server: PowerDNS, url: str) -> None:
    with following(server, url):
        wait_for(storage, server)
        asked = [
            ("a.b.lan", "A"),
            ("b.lan", "A"),
            ("box.b.lan", "A"),
            ("alias.lan", "A"),
            ("alias.lan", "AAAA"),
            ("1.1.168.192.in-addr.arpa", "PTR"),
            ("2.1.168.192.in-addr.arpa", "PTR"),
            ("1.168.192.in-addr.arpa", "PTR"),
        ]

        def expect(*answers: Answer) -> None:
            for question, wanted in zip(asked, answers, strict=True):
                until(partial(server.ask, *question), wanted)

        none = "NXDOMAIN"
        expect(none, none, none, none, none, none, none, none)
        host = storage.add_host("192.168.1.1", "a.b.lan", aliases=["alias.lan"])
        one, two = ["192.168.1.1"], ["192.168.1.2"]
        expect(one, [], none, one, [], ["a.b.lan."], none, [])
        storage.update_host(host.id, ip_address="192.168.1.2")
        expect(two, [], none, two, [], none, ["a.b.lan."], [])
        storage.update_host(host.id, hostname="box.b.lan")
        expect(none, [], two, two, [], none, ["box.b.lan."], [])
        other = storage.add_host("192.168.1.2", "first.lan", priority=-1)
        expect(none, [], two, two, [], none, ["first.lan."], [])
        storage.update_host(other.id, priority=1)
        expect(none, [], two, two, [], none, ["box.b.lan."], [])
        storage.update_host(host.id, aliases=["other.lan"])
        expect(none, [], two, none, none, none, ["box.b.lan."], [])
        storage.update_host(host.id, aliases=["alias.lan"])
        expect(none, [], two, two, [], none, ["box.b.lan."], [])
        storage.delete_host(host.id)
        expect(none, none, none, none, none, none, ["first.lan."], [])


@pytest.mark.faults
def test_after_an_import_everything_is_purged(storage: Storage, server: PowerDNS, url: str) -> None:
    with following(server, url):
        wait_for(storage, server)
        assert server.ask("host299.lan") == "NXDOMAIN"
        storage.add_hosts([NewHost(f"192.168.2.{n % 256}", f"host{n}.lan") for n in range(300)])
        until(lambda: server.ask("host299.lan"), ["192.168.2.43"])


@pytest.mark.faults
def test_what_changed_while_it_was_down(storage: Storage, server: PowerDNS, url: str) -> None:
    host = storage.add_host("192.168.1.1", "nas.lan")
    assert server.ask("nas.lan") == ["192.168.1.1"]
    storage.update_host(host.id, ip_address="192.168.1.2")
    assert server.ask("nas.lan") == ["192.168.1.1"]
    with following(server, url):
        until(lambda: server.ask("nas.lan"), ["192.168.1.2"], 15)


@pytest.mark.faults  # starts PowerDNS twice
def test_it_waits_for_powerdns(storage: Storage, url: str, tmp_path: Path) -> None:
    server = PowerDNS(tmp_path, backend(url))
    with following(server, url) as process:
        for _ in range(2):
            with server.running():
                time.sleep(1.5)
                wait_for(storage, server)
                storage.delete_hosts(storage.list_all())
            host = storage.add_host("192.168.1.1", "nas.lan")
            time.sleep(0.2)
            storage.delete_host(host.id)
        assert process.poll() is None
    lines = (tmp_path / "follow.log").read_text().splitlines()
    assert len(lines) in (2, 3) and all(line.endswith("; waiting for PowerDNS") for line in lines)


@pytest.mark.faults
def test_secondaries_get_a_notify(storage: Storage, url: str, tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as secondary:
        secondary.bind(("127.0.0.1", 0))
        secondary.settimeout(10)
        port = secondary.getsockname()[1]
        server = PowerDNS(tmp_path, backend(url) + f"also-notify=127.0.0.1:{port}")
        with server.running(), following(server, url, "--notify"):
            zones = {zone.name for zone in storage.list_zones()}
            assert notified(secondary, len(zones)) == zones
            storage.add_host("192.168.1.1", "nas.sub.lan")
            assert notified(secondary, 2) == {"sub.lan", "168.192.in-addr.arpa"}


def notified(secondary: socket.socket, count: int) -> set[str]:
    """Answer NOTIFY as a secondary does until so many zones have come; return their names."""
    found = set[str]()
    while len(found) < count:
        content, sender = secondary.recvfrom(4096)
        message = dns.message.from_wire(content)
        assert message.opcode() == dns.opcode.NOTIFY
        found.add(str(message.question[0].name).removesuffix("."))
        secondary.sendto(dns.message.make_response(message).to_wire(), sender)
    return found


def test_the_names_of_events(storage: Storage) -> None:
    host = storage.add_host("10.0.0.1", "nas.lan", aliases=["a.lan", "b.lan"])
    end = storage.log_end()
    storage.update_host(host.id, comment="x", tags=["t"])
    assert changed_names(storage, storage.events_since(end)) == set()
    end = storage.log_end()
    storage.update_host(host.id, ip_address="10.0.0.2", aliases=["b.lan"])
    events = storage.events_since(end)
    pointers = {"1.0.0.10.in-addr.arpa", "2.0.0.10.in-addr.arpa"}
    assert changed_names(storage, events) == {"nas.lan", "a.lan", "b.lan"} | pointers
    storage.delete_host(host.id)
    assert changed_names(storage, events[:1]) == {"nas.lan", "a.lan", "b.lan"} | pointers
    assert changed_names(storage, events * 100) is None
    storage.append_event("odd", HostCreated("fe80::1%eth0", "no name", aliases=("NAS.lan",)))
    assert changed_names(storage, storage.events_since(storage.log_end() - 1)) == {"nas.lan"}
    assert with_parents({"a.b.lan"}) == {"a.b.lan", "b.lan", "lan"}
