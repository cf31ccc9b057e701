"""A disk that fills up: what was acknowledged is there, the rest is not, and it goes on when there is room."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import hostsdb
from hostsdb import (
    ConnectionFailed,
    HostCreated,
    MigrationFailed,
    QueryFailed,
    Snapshot,
    Storage,
    StorageError,
)
from tests.conformance.calling import STYLES
from tests.support.broken_files import ENGINES, command, enlarge, hostnames, refusal, small_disk

pytestmark = pytest.mark.faults

ROOM = "make room"
MANY = "".join(f"10.{n // 65536}.{n // 256 % 256}.{n % 256} i{n:05} # {'x' * 100}\n" for n in range(20000))


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A folder for a small disk."""
    folder = tmp_path / "disk"
    folder.mkdir()
    return folder


# From what holds not even an empty database to what holds some of the migrations.
@pytest.mark.parametrize("size", ["4k", "12k", "16k", "32k", "64k", "128k", "192k"])
def test_init(engine: str, disk: Path, size: str) -> None:
    url = f"{engine}:///{disk}/hosts.db"
    with small_disk(disk, size):
        done = command(url, "init")
        if done.returncode:  # DuckDB takes less room
            assert "make room" in refusal(done) or "No space left" in refusal(done)
            with pytest.raises(
                (MigrationFailed, ConnectionFailed, QueryFailed), match=r"make room|No space left"
            ):
                hostsdb.connect(url)
        enlarge(disk)
        assert command(url, "init").returncode == 0
        assert command(url, "check").returncode == 0
        assert command(url, "add", "10.0.0.1", "a").returncode == 0
        assert hostnames(engine, disk / "hosts.db") == ["a"]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("size", ["1m", "4m"])
def test_appends(engine: str, style: str, disk: Path, size: str) -> None:
    with small_disk(disk, size), STYLES[style]() as opened:
        with opened(f"{engine}:///{disk}/hosts.db") as storage:
            stored = fill(storage)
            large = Snapshot("x" * 5_000_000, 0)
            for call in (append(storage, "again"), lambda: storage.save_snapshot(large)):
                with pytest.raises(QueryFailed, match=ROOM):
                    call()
            assert [host.hostname for host in storage.list_all()] == stored
            enlarge(disk)
            append(storage, "later")()
        assert hostnames(engine, disk / "hosts.db") == sorted([*stored, "later"])


def fill(storage: Storage) -> list[str]:
    """Append hosts until there is no room; return those that were acknowledged."""
    stored: list[str] = []
    with pytest.raises(QueryFailed, match=ROOM) as caught:
        while len(stored) < 20000:
            append(storage, f"h{len(stored):05}")()
            stored.append(f"h{len(stored):05}")
    assert "hosts.db" in str(caught.value) and caught.value.__cause__ is not None
    return stored


def append(storage: Storage, name: str) -> Callable[[], object]:
    created = HostCreated(f"10.0.0.{len(name)}", name, "x" * 20000)
    return lambda: storage.append_event(name, created)


def test_an_import_through_the_command(engine: str, disk: Path) -> None:
    url = f"{engine}:///{disk}/hosts.db"
    with small_disk(disk, "2m"):
        command(url, "add", "10.9.9.9", "before")
        line = refusal(command(url, "import", "-", stdin=MANY))
        assert "No space left" in line or "is full" in line
        assert hostnames(engine, disk / "hosts.db") == ["before"]
        enlarge(disk)
        done = command(url, "import", "-", stdin=MANY)
        assert done.stdout == "read 20000, added 20000, identical 0, differing 0, repeated 0, bad 0\n", (
            done.stderr
        )
        assert len(hostnames(engine, disk / "hosts.db")) == 20001


def test_an_import_in_a_process_that_goes_on(engine: str, disk: Path) -> None:
    url = f"{engine}:///{disk}/hosts.db"
    records = [hostsdb.HostCreated(f"10.1.{n // 250}.{n % 250}", f"i{n}") for n in range(12000)]
    with small_disk(disk, "2m"):
        with hostsdb.connect(url) as storage:
            storage.add_host("10.9.9.9", "before")
            with pytest.raises(StorageError, match=r"No space left|is full"):
                storage.append_batch((record.hostname, [record], None) for record in records)
            enlarge(disk)
            try:
                storage.add_host("10.9.9.8", "after")
            except ConnectionFailed as error:  # DuckDB's checkpoint failed, which it does not forgive
                assert engine == "duckdb" and "connect again" in str(error)
                storage.close()
                with hostsdb.connect(url) as again:
                    again.add_host("10.9.9.8", "after")
        assert hostnames(engine, disk / "hosts.db") == ["after", "before"]


def test_an_export(engine: str, disk: Path, tmp_path: Path) -> None:
    url = f"{engine}:///{tmp_path}/hosts.db"
    command(url, "import", "-", stdin=MANY)
    with small_disk(disk, "1m"):
        exported = disk / "lan.hosts"
        exported.write_text("what was there\n")
        line = refusal(command(url, "export", exported))
        assert "No space left" in line and str(disk) in line
        assert exported.read_text() == "what was there\n" and [p.name for p in disk.iterdir()] == [
            "lan.hosts"
        ]
