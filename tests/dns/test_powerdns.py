"""PowerDNS's own server on the database, with its default queries."""

import json
import random
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

import hostsdb
from hostsdb import DuplicateEntry, NotFound, Storage
from tests.dns.conftest import ENGINES
from tests.dns.databases import ZONES, expected_records, with_zones
from tests.support.ports import free_port
from tests.support.powerdns import NO_CACHES, PowerDNS, backend, dig, program
from tests.support.template import Fill, Template


@pytest.fixture(scope="module", params=ENGINES)
def database(
    request: pytest.FixtureRequest,
    templates: Callable[[Fill], Template],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """One database for all tests; each has names of its own."""
    with templates(with_zones).copied(request.param, tmp_path_factory.mktemp("dns") / "hosts.db") as url:
        yield url


@pytest.fixture(scope="module")
def pdns(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PowerDNS]:
    server = PowerDNS(tmp_path_factory.mktemp("pdns"), backend(database) + NO_CACHES)
    with server.running():
        yield server


@pytest.fixture
def storage(database: str) -> Iterator[Storage]:
    with hostsdb.connect(database) as storage:
        yield storage


def test_the_first_query_after_a_commit_is_answered(pdns: PowerDNS, storage: Storage) -> None:
    for number in range(30):
        storage.add_host(f"192.168.7.{number}", f"first{number}.lan")
        assert pdns.dig(f"first{number}.lan") == [f"192.168.7.{number}"]


def test_what_is_served(pdns: PowerDNS, storage: Storage) -> None:
    storage.add_host("192.168.1.5", "nas.lan", aliases=["files.a.b.lan", "media.sub.lan", "x.elsewhere"])
    storage.add_host("2001:db8::5", "nas.lan")
    assert pdns.dig("NAS.lan") == pdns.dig("files.a.b.lan") == pdns.dig("media.sub.lan") == ["192.168.1.5"]
    assert pdns.dig("nas.lan", "AAAA") == ["2001:db8::5"]
    assert pdns.dig("-x", "192.168.1.5") == pdns.dig("-x", "2001:db8::5") == ["nas.lan."]
    assert pdns.status("b.lan") == pdns.status("1.168.192.in-addr.arpa") == "NOERROR"
    assert pdns.dig("b.lan") == []
    assert pdns.status("missing.lan") == "NXDOMAIN" and pdns.status("x.elsewhere") == "REFUSED"
    assert pdns.dig("lan", "NS") == ["ns.lan."]
    checked = pdns.util("check-zone", "lan")
    assert "0 errors, 0 warnings" in checked.stdout, checked


def events(storage: Storage, name: str) -> list[str]:
    """Return the types of the events of a host by its name at some time."""
    ids = {
        e.aggregate_id
        for e in storage.events_since(-1, limit=10**6)
        if getattr(e.event, "hostname", "") == name
    }
    return [type(e.event).__name__ for e in storage.events_since(-1, limit=10**6) if e.aggregate_id in ids]


def test_dns_update(pdns: PowerDNS, storage: Storage) -> None:
    assert pdns.update("lan", "add dyn.lan 60 A 192.168.1.70", "add dyn.lan 60 AAAA 2001:db8::70") == 0
    assert pdns.dig("dyn.lan") == ["192.168.1.70"] and pdns.dig("dyn.lan", "AAAA") == ["2001:db8::70"]
    assert pdns.update("lan", "delete dyn.lan A", "add dyn.lan 60 A 192.168.1.71") == 0
    assert pdns.dig("dyn.lan") == ["192.168.1.71"]
    expected = ["HostDeleted", "HostCreated"] if storage.backend_name == "sqlite" else ["IpAddressChanged"]
    assert sorted(events(storage, "dyn.lan")) == sorted(["HostCreated", "HostCreated", *expected])
    before = len(events(storage, "dyn.lan"))
    assert pdns.update("lan", "add dyn.lan 60 A 192.168.1.72", "add dyn.lan 60 TXT refused") == 2
    assert len(events(storage, "dyn.lan")) == before and storage.verify() == []
    assert pdns.update("lan", "delete dyn.lan") == 0
    assert pdns.status("dyn.lan") == "NXDOMAIN"


def change(pdns: PowerDNS, name: str, kind: str, changetype: str, *contents: str) -> int:
    """Change the records of a name through the HTTP API; return the status."""
    records = [{"content": content, "disabled": False} for content in contents]
    rrset = {"name": f"{name}.", "type": kind, "ttl": 60, "changetype": changetype, "records": records}
    request = urllib.request.Request(
        f"http://127.0.0.1:{pdns.api_port}/api/v1/servers/localhost/zones/lan.",
        json.dumps({"rrsets": [rrset]}).encode(),
        {"X-API-Key": "secret", "Content-Type": "application/json"},
        method="PATCH",
    )
    try:
        return int(urllib.request.urlopen(request, timeout=30).status)
    except urllib.error.HTTPError as error:
        return error.code


def test_the_http_api(pdns: PowerDNS, storage: Storage) -> None:
    host = storage.add_host("192.168.1.80", "api.lan", aliases=["alias.lan"], comment="kept", tags=["t"])
    assert change(pdns, "api.lan", "A", "REPLACE", "192.168.1.81") == 204
    (changed,) = storage.find_hosts("api.lan")
    assert (changed.ip_address, changed.comment, changed.tags) == ("192.168.1.81", "kept", ("t",))
    assert storage.backend_name == "sqlite" or changed.id == host.id
    assert change(pdns, "api.lan", "TXT", "REPLACE", '"x"') == 500
    assert change(pdns, "alias.lan", "A", "DELETE") == 204
    assert storage.find_hosts("api.lan")[0].aliases == ()
    assert change(pdns, "api.lan", "A", "DELETE") == 204 and storage.find_hosts("api.lan") == []
    assert pdns.util("delete-zone", "lan").returncode != 0 and pdns.dig("lan", "NS") == ["ns.lan."]


def test_pdnsutil(pdns: PowerDNS, storage: Storage) -> None:
    assert pdns.util("add-record", "lan", "util", "A", "60", "192.168.1.90").returncode == 0
    assert storage.find_hosts("util.lan")[0].ip_address == "192.168.1.90"
    assert pdns.util("delete-rrset", "lan", "util", "A").returncode == 0
    assert storage.find_hosts("util.lan") == []


def write_hosts(database: str, chance: random.Random) -> None:
    """Change hosts through the library."""
    with hostsdb.connect(database) as own:
        for _ in range(75):
            name = f"r{chance.randrange(20)}.lan"
            found = own.find_hosts(name)
            with suppress(DuplicateEntry, NotFound):
                if found and chance.random() < 0.5:
                    own.delete_host(found[0].id)
                elif found:
                    own.update_host(found[0].id, aliases=[f"alias{chance.randrange(9)}.lan"])
                else:
                    own.add_host(f"192.168.9.{chance.randrange(40)}", name)


def send_updates(pdns: PowerDNS, chance: random.Random) -> None:
    """Change records through DNS UPDATE."""
    for _ in range(75):
        name, address = f"r{chance.randrange(20)}.lan", f"192.168.9.{chance.randrange(40)}"
        pdns.update("lan", chance.choice([f"add {name} 60 A {address}", f"delete {name} A"]))


@pytest.mark.faults
def test_random_changes_by_four_writers(pdns: PowerDNS, storage: Storage, database: str) -> None:
    """At the end a zone transfer has what list_all has."""
    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(write_hosts, database, random.Random(seed)) for seed in (1, 2)]
        writers += [pool.submit(send_updates, pdns, random.Random(seed)) for seed in (3, 4)]
    assert [writer.result() for writer in writers] == [None] * 4
    assert storage.verify() == []
    expected = set(expected_records(storage.list_all()))
    served = set().union(*(pdns.transfer(zone) for zone in ZONES))
    assert {record for record in served if record[1] in ("A", "AAAA", "PTR")} == expected and expected


def test_a_secondary_follows(pdns: PowerDNS, storage: Storage, tmp_path: Path) -> None:
    """Knot asks for the serial every two seconds, and transfers the zone when it has increased."""
    port = free_port()
    (tmp_path / "knot.conf").write_text(
        f"server:\n    listen: 127.0.0.1@{port}\n    rundir: {tmp_path}\ndatabase:\n    storage: {tmp_path}\n"
        f"remote:\n  - id: primary\n    address: 127.0.0.1@{pdns.port}\nzone:\n  - domain: lan\n    master: primary\n"
        f"    storage: {tmp_path}\n    refresh-min-interval: 2\n    refresh-max-interval: 2\n"
    )
    with subprocess.Popen(
        [program("knotd", "knot"), "-c", str(tmp_path / "knot.conf")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as knot:
        try:
            for address in ("192.168.1.60", "192.168.1.61"):
                host = storage.add_host(address, "followed.lan")
                deadline = time.monotonic() + 30
                while dig(port, "followed.lan") != [address]:
                    assert time.monotonic() < deadline, "the secondary did not follow"
                    time.sleep(0.2)
                storage.delete_host(host.id)
        finally:
            knot.kill()
