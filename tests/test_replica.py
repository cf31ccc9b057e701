"""copy --follow: a replica lags less than a second, refuses other writers, and never differs without a word."""

from __future__ import annotations

import re
import signal
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import hostsdb
from hostsdb import HostFilter, InvalidData, QueryFailed, Storage
from tests.schema.raw import Raw
from tests.support.command import hostsdb_command
from tests.support.copies import assert_same
from tests.support.erasing import erase
from tests.support.postgres_server import PostgresServer, fresh_database
from tests.support.replicas import Follower

# Each engine is followed and follows, but nothing can follow a DuckDB file: one process opens it.
PAIRS = [
    ("postgres", "sqlite"),
    ("sqlite", "duckdb"),
    pytest.param(("sqlite", "postgres"), marks=pytest.mark.faults),
    pytest.param(("postgres", "postgres"), marks=pytest.mark.faults),
]
MINE = "DELETE FROM replica_of"


@pytest.fixture
def urls(
    request: pytest.FixtureRequest, postgres_server: PostgresServer, tmp_path: Path
) -> Iterator[tuple[str, str]]:
    """The URLs of a source with the schema, and of a destination that does not exist yet."""
    source, destination = getattr(request, "param", ("sqlite", "sqlite"))
    with ExitStack() as stack:
        found = [
            stack.enter_context(fresh_database(postgres_server.url))
            if engine == "postgres"
            else f"{engine}:///{tmp_path}/{name}.db"
            for engine, name in ((source, "origin"), (destination, "replica"))
        ]
        hostsdb.connect(found[0]).close()
        yield found[0], found[1]


def execute(url: str, *statements: str) -> None:
    """Execute statements with the bare driver."""
    with closing(_raw(url)) as raw:
        for statement in statements:
            raw.run(statement)


def _raw(url: str) -> Raw:
    if url.startswith("postgres"):
        return Raw("postgres", url)
    return Raw("duckdb" if url.startswith("duckdb") else "sqlite", url.partition("///")[2])


def origin(url: str) -> list[tuple[str]]:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        return connection.execute("SELECT origin FROM replica_of").fetchall()


def arrived(follower: Follower, url: str, condition: Callable[[Storage], bool]) -> None:
    """Come back when the replica is as it should be."""

    def holds() -> bool:
        with hostsdb.connect(url, initialize=False) as replica:
            return condition(replica)

    follower.until(holds)


@pytest.mark.parametrize("urls", PAIRS, indirect=True, ids="-".join)
def test_it_follows_and_continues(urls: tuple[str, str], tmp_path: Path) -> None:
    from_url, to_url = urls
    with hostsdb.connect(from_url) as storage, Follower(tmp_path, from_url, to_url) as follower:
        follower.follows()
        nas = storage.add_host("10.0.0.1", "nas.lan")
        storage.create_snapshot(name="kept")
        gone = storage.create_snapshot(name="deleted")
        arrived(follower, to_url, lambda replica: len(replica.list_snapshots()) == 2)
        follower.kill()
        storage.update_host(nas.id, comment="while it was down")
        storage.delete_snapshot(gone.snapshot_id or "")
        follower.start()
        follower.follows(2)
        storage.add_host("10.0.0.2", "printer.lan")
        arrived(follower, to_url, lambda replica: len(replica.list_all()) == 2)
        follower.process.send_signal(signal.SIGINT)
        # A busy machine may have made it wait for a connection, which it reports too.
        assert follower.ends(130).endswith(
            "hostsdb: interrupted; run the same command again to go on from here\n"
        )
    assert_same(from_url, to_url)
    with hostsdb.connect(to_url) as replica:
        assert [snapshot.name for snapshot in replica.list_snapshots()] == ["kept"]
        assert replica.verify() == []


@pytest.mark.parametrize("urls", [("postgres", "sqlite"), ("sqlite", "sqlite")], indirect=True, ids="-".join)
def test_a_commit_is_there_within_a_second(urls: tuple[str, str], tmp_path: Path) -> None:
    from_url, to_url = urls
    lags = []
    with hostsdb.connect(from_url) as storage, Follower(tmp_path, from_url, to_url) as follower:
        follower.follows()
        with hostsdb.connect(to_url) as replica:
            for number in range(15):
                host = storage.add_host("10.0.0.1", f"h{number}.lan")
                committed = time.monotonic()
                follower.until(lambda id=host.id: replica.count_events(id) == 1)  # type: ignore[misc]
                lags.append(time.monotonic() - committed)
                time.sleep(0.03)
        follower.process.terminate()
        assert follower.ends(-signal.SIGTERM) == ""
    print(f"lag: median {statistics.median(lags):.3f} s, longest {max(lags):.3f} s")
    assert statistics.median(lags) < 1


@pytest.mark.parametrize("engine", ["postgres", "sqlite", "duckdb"])
def test_a_replica_refuses_other_writers(engine: str, request: pytest.FixtureRequest) -> None:
    url: str = request.getfixturevalue(f"current_{engine}_url")
    with hostsdb.connect(url) as storage:
        host = storage.add_host("10.0.0.1", "nas.lan")
        snapshot = storage.create_snapshot().snapshot_id or ""
        storage.add_host("10.0.0.2", "later.lan")
    execute(url, "INSERT INTO replica_of (origin) VALUES ('sqlite:////srv/origin.db')")
    with hostsdb.connect(url) as storage:
        before = storage.log_end()
        calls: list[Callable[[], object]] = [
            lambda: storage.add_host("10.0.0.3", "x.lan"),
            lambda: storage.update_host(host.id, comment="x"),
            lambda: storage.delete_host(host.id),
            lambda: storage.add_hosts([hostsdb.NewHost("10.0.0.3", "x.lan")]),
            lambda: storage.update_hosts(HostFilter(hostname="nas.lan"), comment="x"),
            lambda: storage.restore_snapshot(snapshot),
            lambda: storage.create_snapshot(),
            lambda: storage.delete_snapshot(snapshot),
        ]
        for call in calls:
            with pytest.raises(
                (InvalidData, QueryFailed), match=r"a copy of another one.*DELETE FROM replica_of"
            ):
                call()
        with storage.consuming("local") as batch:  # its consumers are its own
            assert len(batch.events) == 2
        assert storage.log_end() == before and len(storage.list_snapshots()) == 1
    execute(url, MINE)
    with hostsdb.connect(url) as storage:
        storage.add_host("10.0.0.3", "independent.lan")
        storage.delete_snapshot(snapshot)


def test_what_cannot_become_a_replica(tmp_path: Path) -> None:
    one, other, duck = (
        f"{e}:///{tmp_path}/{n}" for e, n in (("sqlite", "1"), ("sqlite", "2"), ("duckdb", "3"))
    )
    replica, written = f"sqlite:///{tmp_path}/replica", f"sqlite:///{tmp_path}/written"
    for number, url in enumerate((one, other, duck)):
        with hostsdb.connect(url) as storage:
            storage.add_host("10.0.0.1", f"h{number}.lan")
    assert hostsdb_command("copy", one, written).returncode == 0
    with hostsdb.connect(written) as storage:
        storage.add_host("10.0.0.9", "own.lan")
    assert_refused(one, written, "has events that are not the source's")
    assert origin(written) == []
    assert_refused(duck, replica, "nothing can write while this command has it open")
    with Follower(tmp_path, one, replica, "--verify-every", "0") as follower:
        follower.follows()
    assert origin(replica) == [(f"sqlite:///{tmp_path}/1",)]
    assert_refused(other, replica, r"is a copy of sqlite:////\S+/1, not of sqlite:////\S+/2; use that source")
    done = hostsdb_command("copy", other, replica)
    assert done.returncode == 1 and "is a copy of sqlite:///" in done.stderr
    assert hostsdb_command("copy", one, replica).returncode == 0
    assert hostsdb_command("copy", one, replica, "--verify-every", "5").returncode == 2


def assert_refused(from_url: str, to_url: str, words: str) -> None:
    done = hostsdb_command("copy", "--follow", from_url, to_url)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert re.search(words, done.stderr), done.stderr


@pytest.mark.parametrize("urls", [("postgres", "sqlite")], indirect=True)
def test_the_mark_has_no_password(urls: tuple[str, str], tmp_path: Path) -> None:
    from_url, to_url = urls
    with Follower(tmp_path, from_url, to_url) as follower:
        follower.follows()
    ((stored,),) = origin(to_url)
    parts = urlsplit(from_url)
    assert stored == f"postgres://{parts.hostname}:{parts.port}{parts.path}"
    assert parts.password and parts.password not in stored


def test_a_source_that_lost_events_is_reported(urls: tuple[str, str], tmp_path: Path) -> None:
    """A backup of the source is restored, while the replica follows, and while it does not."""
    from_url, to_url = urls
    backup = tmp_path / "backup"
    with hostsdb.connect(from_url) as storage, Follower(tmp_path, from_url, to_url) as follower:
        storage.add_host("10.0.0.1", "old.lan")
        execute(from_url, f"VACUUM INTO '{backup}'")
        follower.follows()
        storage.add_host("10.0.0.2", "lost.lan")
        arrived(follower, to_url, lambda replica: len(replica.list_all()) == 2)
        with (
            closing(sqlite3.connect(backup)) as restored,
            closing(sqlite3.connect(from_url.removeprefix("sqlite:///"))) as current,
        ):
            restored.backup(current)
        words = follower.ends()
    lost = "is not in its log, but in the copy: a standby without it was promoted, or a backup was restored"
    assert words.startswith("hostsdb: the source: event ") and lost in words and len(words.splitlines()) == 1
    with hostsdb.connect(from_url) as storage:  # another event with the position of the lost one
        storage.add_host("10.0.0.3", "new.lan")
    assert_refused(from_url, to_url, lost)
    with hostsdb.connect(to_url) as replica:
        assert [entry.hostname for entry in replica.list_all()] == ["old.lan", "lost.lan"]


def test_an_erased_host_is_erased_within_seconds(urls: tuple[str, str], tmp_path: Path) -> None:
    from_url, to_url = urls
    with hostsdb.connect(from_url) as storage, Follower(tmp_path, from_url, to_url) as follower:
        follower.follows()
        host = storage.add_host("10.0.0.1", "person.lan")
        storage.delete_host(host.id)
        arrived(follower, to_url, lambda replica: replica.count_events(host.id) == 2)
        with closing(_raw(from_url)) as raw:
            erase(raw, host.id)
        arrived(follower, to_url, lambda replica: replica.count_events(host.id) == 0)


def test_a_difference_is_found(urls: tuple[str, str], tmp_path: Path) -> None:
    from_url, to_url = urls
    with hostsdb.connect(from_url) as storage:
        storage.add_host("10.0.0.1", "nas.lan", comment="right")
    with Follower(tmp_path, from_url, to_url, "--verify-every", "0.01") as follower:
        follower.until(lambda: "verified: the first 1 events" in follower.output)
        execute(
            to_url,
            "DROP TRIGGER host_events_no_update",
            "UPDATE host_events SET comment = 'wrong'",
        )
        assert re.search("the destination differs from the source in event 01", follower.ends())


def test_nobody_makes_it_independent_unseen(urls: tuple[str, str], tmp_path: Path) -> None:
    from_url, to_url = urls
    with hostsdb.connect(from_url) as storage, Follower(tmp_path, from_url, to_url) as follower:
        follower.follows()
        execute(to_url, MINE)
        storage.add_host("10.0.0.1", "nas.lan")
        assert "somebody has changed the table replica_of" in follower.ends()
    with hostsdb.connect(to_url) as independent:
        assert independent.list_all() == []
