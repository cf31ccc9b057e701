"""The serial increases as RFC 1982 compares serials: after a start of the server, a restore, a copy, a recovery."""

from collections.abc import Iterator
from contextlib import closing

import pytest

import hostsdb
from hostsdb import InvalidData, Storage
from tests.dns.databases import NameServer, with_zones
from tests.faults.test_rewound_positions import RecoveredBackup
from tests.schema.test_dump_and_restore import BURN, pg_dump, psql
from tests.support.command import hostsdb_command
from tests.support.ports import free_port
from tests.support.postgres_process import PostgresProcess, postgres_process, running
from tests.support.postgres_server import fresh_database


def assert_grown(before: int, after: int) -> None:
    """A secondary that has one serial transfers the zone with the other one."""
    assert 0 < (after - before) % 2**32 < 2**31, (before, after)


def serial(url: str) -> int:
    with closing((server := NameServer(url)).connection):
        return server.serial()


def add(url: str, name: str) -> None:
    with hostsdb.connect(url, initialize=False) as storage:
        storage.add_host("192.168.1.5", name)


@pytest.fixture(scope="module")
def source() -> Iterator[PostgresProcess]:
    """A server with the zones, on which 20,000 transactions went before."""
    with postgres_process(settings={"wal_level": "logical"}) as process:
        with hostsdb.connect(process.url) as storage:
            with_zones(storage)
            with closing((server := NameServer(process.url)).connection):
                server.run(BURN.format(number=20_000))
            storage.add_host("192.168.1.5", "nas.lan")
        yield process


@pytest.fixture(scope="module")
def new_cluster() -> Iterator[PostgresProcess]:
    with postgres_process() as process:
        yield process


@pytest.mark.parametrize("url", ["postgres"], indirect=True)
def test_after_a_start_of_a_server_that_ran_for_long(url: str, storage: Storage, server: NameServer) -> None:
    """The first writer raises the positions by a transaction for each millisecond."""
    storage.add_host("192.168.1.1", "first.lan")
    before = server.serial()
    for number, days in enumerate((0, 1, 12, 25, 30, 49, 50, 75, 100, 3650, 36500, 30)):
        server.run(f"UPDATE public.log_epoch SET started_at = now() - interval '{days} days'")
        assert server.serial() == before
        storage.add_host("192.168.1.2", f"raised{number}.lan")
        assert_grown(before, raised := server.serial())
        storage.add_host("192.168.1.2", f"next{number}.lan")
        before = server.serial()
        assert 0 < before - raised < 100


def test_after_a_restore_into_a_cluster_with_lower_transactions(
    source: PostgresProcess, new_cluster: PostgresProcess
) -> None:
    with fresh_database(new_cluster.url) as url:
        psql(new_cluster, url, pg_dump(source, source.url))
        before = serial(source.url)
        assert serial(url) == before
        add(url, "restored.lan")
        assert_grown(before, serial(url))
        with hostsdb.connect(url, initialize=False) as storage:
            storage.remove_zone("lan")
            storage.add_zone("lan", ["ns.lan"], "a@lan")
        assert_grown(before, serial(url))


@pytest.mark.parametrize("destination", ["postgres", "sqlite"])
def test_in_a_copy_whose_zone_names_the_old_serial(
    source: PostgresProcess, new_cluster: PostgresProcess, destination: str, sqlite_url: str
) -> None:
    """A copy has other positions. So the zone is told the serial that its secondaries have."""
    with fresh_database(new_cluster.url) as postgres_url:
        url = postgres_url if destination == "postgres" else sqlite_url
        assert hostsdb_command("init", "--with", "dns", "--url", url).returncode == 0
        assert hostsdb_command("copy", source.url, url).returncode == 0
        before = serial(source.url)
        zone = ("lan", "--ns", "ns.lan", "--mail", "a@lan", "--after-serial", str(before))
        assert hostsdb_command("zone", "add", *zone, "--url", url).returncode == 0
        assert_grown(before, added := serial(url))
        add(url, "copied.lan")
        assert_grown(added, serial(url))


@pytest.mark.faults
def test_after_a_recovery_that_lost_events(source: PostgresProcess) -> None:
    """A secondary may have the serial of an event that is lost."""
    with running(lambda folder: RecoveredBackup(source, folder, free_port())) as recovered:
        for number in range(3):
            add(source.url, f"lost{number}.lan")
        lost = serial(source.url)
        assert serial(recovered.url) < lost
        add(recovered.url, "recovered.lan")
        assert_grown(lost, serial(recovered.url))


def test_a_zone_begins_above_a_serial(storage: Storage, server: NameServer) -> None:
    for old in (0, 5_000, 2**31 + 10, 2**32 - 1):
        storage.add_zone("moved", ["ns.lan"], "a@lan", after_serial=old)
        assert_grown(old, added := server.serial("moved"))
        storage.add_host("192.168.1.5", f"host{old}.lan")
        assert_grown(added, server.serial("moved"))
        storage.remove_zone("moved")
        storage.add_zone("moved", ["ns.lan"], "a@lan")
        assert_grown(added, server.serial("moved"))
        storage.remove_zone("moved")
    for wrong in (-1, 2**32):
        with pytest.raises(InvalidData):
            storage.add_zone("moved", ["ns.lan"], "a@lan", after_serial=wrong)
