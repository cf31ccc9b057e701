"""Copying a database into another one: every pair of engines, real processes, kills in the middle."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count, product
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

import hostsdb
from hostsdb import HostEntry, Snapshot, StorageError
from hostsdb.copying import CopySummary, adding, copy_database, log, open_sides
from hostsdb.copying.sides import Side
from hostsdb.engine_errors import ConstraintViolation
from tests.conformance.samples import created, new_host, whole_log
from tests.support import copies
from tests.support.command import hostsdb_command
from tests.support.postgres_server import PostgresServer, fresh_database
from tests.support.template import Fill, Template

ENGINES = ("postgres", "duckdb", "sqlite")
PAIRS = pytest.mark.parametrize(("source", "destination"), list(product(ENGINES, ENGINES)))
Fresh = Callable[[str], str]


@pytest.fixture
def fresh(postgres_server: PostgresServer, tmp_path: Path) -> Iterator[Fresh]:
    """What gives the URL of a new database on an engine."""
    numbers = count()
    with ExitStack() as stack:

        def fresh(engine: str) -> str:
            if engine == "postgres":
                return stack.enter_context(fresh_database(postgres_server.url))
            return f"{engine}:///{tmp_path}/hosts{next(numbers)}.{engine}"

        yield fresh


def run(*arguments: str, exit_code: int = 0) -> subprocess.CompletedProcess[str]:
    done = hostsdb_command(*arguments)
    assert done.returncode == exit_code, done.stderr
    assert len(done.stderr.splitlines()) == (exit_code != 0)
    return done


def copy(source: str, destination: str, on_progress: Callable[[], None] = lambda: None) -> CopySummary:
    with open_sides(source, destination) as sides:
        return copy_database(*sides, lambda what, done, total: on_progress())


@pytest.fixture
def filled(templates: Callable[[Fill], Template], tmp_path: Path) -> Iterator[Fresh]:
    """What gives the URL of a new database on an engine, with a history that is hard to copy."""
    numbers = count()
    with ExitStack() as stack:
        yield lambda engine: stack.enter_context(
            templates(copies.fill).copied(engine, tmp_path / f"filled{next(numbers)}.{engine}")
        )


@PAIRS
def test_a_copy_has_everything_and_goes_on_being_a_database(
    source: str, destination: str, fresh: Fresh, filled: Fresh
) -> None:
    from_url, to_url = filled(source), fresh(destination)
    assert run("copy", from_url, to_url).stdout == (
        f"copied {copies.EVENTS} events and {copies.SNAPSHOTS} snapshots; "
        f"the destination has all {copies.EVENTS} events, checked\n"
    )
    copies.assert_same(from_url, to_url)
    assert run("copy", "--quiet", from_url, to_url).stdout.startswith("copied 0 events and 0 snapshots; ")
    with hostsdb.connect(from_url) as one, hostsdb.connect(to_url) as other:
        (snapshot,) = (s for s in one.list_snapshots() if s.name == copies.LAST_RENDERED)
        for storage in (one, other):
            new_host(storage, 99)
            assert storage.restore_snapshot(snapshot.snapshot_id)
        assert list(map(_shown, other.list_all())) == list(map(_shown, one.list_all()))


def _shown(entry: HostEntry) -> tuple[object, ...]:
    return entry.ip_address, entry.hostname, entry.comment, entry.tags, entry.aliases, entry.priority


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("seed", range(3))
def test_pairs_that_pass_from_host_to_host(
    engine: str, seed: int, fresh: Fresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    from_url, to_url = fresh("sqlite"), fresh(engine)
    with hostsdb.connect(from_url) as storage:
        copies.wander(storage, 150, seed)
    monkeypatch.setattr(log, "BATCH", 40)
    copy(from_url, to_url)
    copies.assert_same(from_url, to_url)


@pytest.mark.faults
@pytest.mark.parametrize("engine", ENGINES)
def test_killed_again_and_again_it_doubles_and_loses_nothing(
    engine: str, fresh: Fresh, filled: Fresh
) -> None:
    from_url, to_url = filled("sqlite"), fresh(engine)
    killed = 0
    # Each run lives a bit longer, so that another moment is the last one: before a commit, after it, in a check.
    for step in range(4, 400, 9):
        code = copies.copy_until(step, signal.SIGKILL, from_url, to_url).returncode
        if code == 0:
            break
        assert code == -signal.SIGKILL
        killed += 1
    assert code == 0 and killed > 5
    copies.assert_same(from_url, to_url)


def test_interrupted_it_says_how_to_go_on(fresh: Fresh, filled: Fresh) -> None:
    from_url, to_url = filled("sqlite"), fresh("sqlite")
    done = copies.copy_until(30, signal.SIGINT, from_url, to_url)
    assert done.returncode == 130 and done.stdout == ""
    assert done.stderr == "hostsdb: interrupted; run the same command again to go on from here\n"
    assert 0 < copy(from_url, to_url).events < copies.EVENTS
    copies.assert_same(from_url, to_url)


def test_a_batch_that_duckdb_refuses_goes_in_halves(
    fresh: Fresh, filled: Fresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    from_url, to_url = filled("sqlite"), fresh("duckdb")
    add_events, sizes = adding.add_events, []

    def choosy(dialect, events):
        sizes.append(len(events))
        if len(events) > 10:
            raise ConstraintViolation("host_entries_ip_address_hostname", "two hosts pass through one pair")
        return add_events(dialect, events)

    monkeypatch.setattr(log, "add_events", choosy)
    copy(from_url, to_url)
    assert sizes[:3] == [48, 24, 12]
    copies.assert_same(from_url, to_url)


def test_duckdb_keeps_its_guards(fresh: Fresh, filled: Fresh) -> None:
    from_url, to_url, new_url = filled("sqlite"), fresh("duckdb"), fresh("duckdb")
    copy(from_url, to_url)
    hostsdb.connect(new_url).close()
    objects = []
    for url in (to_url, new_url):
        with duckdb.connect(url.removeprefix("duckdb:///")) as connection:
            objects.append(connection.execute("SELECT sql FROM duckdb_triggers() ORDER BY ALL").fetchall())
            connection.execute("SELECT nextval('host_events_number')")
            with pytest.raises(duckdb.Error, match="position is given by the database"):
                connection.execute(
                    "INSERT INTO host_events (event_id, aggregate_id, event_type, event_version, ip_address,"
                    " hostname, position) VALUES ('e', 'x', 'HostCreated', '01ARZ3NDEKTSV4RRFFQ69G5FAV',"
                    " '10.7.7.7', 'g', 1000)"
                )
    assert objects[0] == objects[1]


def test_numbers_that_start_over_on_postgres(fresh: Fresh, filled: Fresh) -> None:
    from_url, to_url = filled("sqlite"), fresh("postgres")
    hostsdb.connect(to_url).close()
    with psycopg.connect(to_url) as connection:
        connection.execute("SELECT setval('host_events_number', 4194280)")
    copy(from_url, to_url)
    copies.assert_same(from_url, to_url)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_comes_later_is_left_for_the_next_run(engine: str, fresh: Fresh, filled: Fresh) -> None:
    from_url, to_url = filled("sqlite"), fresh(engine)
    with hostsdb.connect(from_url) as storage:

        def write() -> None:
            if len(storage.list_all()) < 50:
                storage.append_event(hostsdb.ulids.new_id(), created(1, hostsdb.ulids.new_id()))
                storage.create_snapshot()

        summary = copy(from_url, to_url, write)
        # One of the snapshots claims to show all that is ever to come.
        assert (summary.events, summary.snapshots) == (copies.EVENTS, copies.SNAPSHOTS - 1)
        assert summary.later_events > 0 and 0 < summary.later_snapshots <= summary.later_events
        again = copy(from_url, to_url)
        assert (again.events, again.later_events, again.later_snapshots) == (summary.later_events, 0, 0)
    copies.assert_same(from_url, to_url)


def test_what_an_unfinished_transaction_may_precede_is_left(fresh: Fresh) -> None:
    from_url, to_url = fresh("postgres"), fresh("sqlite")
    with hostsdb.connect(from_url) as storage, psycopg.connect(from_url) as unfinished:
        new_host(storage, 1)
        unfinished.execute("SELECT pg_current_xact_id()")
        new_host(storage, 2)
        storage.create_snapshot()
        summary = copy(from_url, to_url)
        assert (summary.events, summary.later_events, summary.later_snapshots) == (1, 1, 1)
        unfinished.rollback()
        assert copy(from_url, to_url).events == 1
    copies.assert_same(from_url, to_url)


def test_moments_that_sqlite_has_in_other_forms(fresh: Fresh) -> None:
    from_url, to_url = fresh("sqlite"), fresh("sqlite")
    hostsdb.connect(from_url).close()
    insert = (
        "INSERT INTO host_events (event_id, aggregate_id, event_type, event_version, ip_address, hostname,"
        " event_timestamp, created_at) VALUES ('e', 'x', 'HostCreated', '01ARZ3NDEKTSV4RRFFQ69G5FAV',"
        " '10.0.0.1', 'h', '2001-02-03 04:05:06', '2001-02-03 04:05:06+00:00')"
    )
    moments = "SELECT event_timestamp, created_at FROM host_events"
    with sqlite3.connect(from_url.removeprefix("sqlite:///")) as connection:
        connection.execute(insert)
        stored = connection.execute(moments).fetchall()
    connection.close()
    for engine in ENGINES:
        to_url = fresh(engine)
        copy(from_url, to_url)
        copies.assert_same(from_url, to_url)
    connection = sqlite3.connect(to_url.removeprefix("sqlite:///"))
    assert connection.execute(moments).fetchall() == stored
    connection.close()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_destination_of_other_hosts_is_refused(engine: str, fresh: Fresh, filled: Fresh) -> None:
    from_url, to_url, noted_url = filled("sqlite"), fresh(engine), fresh(engine)
    with hostsdb.connect(to_url) as storage:
        new_host(storage, 77)
    with hostsdb.connect(noted_url) as storage:
        storage.create_snapshot()
    assert "has events that are not the source's" in run("copy", from_url, to_url, exit_code=1).stderr
    assert "has snapshots that are not" in run("copy", from_url, noted_url, exit_code=1).stderr
    copy(from_url, to_url := fresh(engine))
    with hostsdb.connect(to_url) as storage:
        new_host(storage, 77)
    assert "has events that are not the source's" in run("copy", from_url, to_url, exit_code=1).stderr
    with hostsdb.connect(to_url) as storage:
        assert len(whole_log(storage)) == copies.EVENTS + 1


def test_a_writer_of_the_destination_stops_a_copy(
    fresh: Fresh, filled: Fresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    from_url, to_url = filled("sqlite"), fresh("sqlite")
    monkeypatch.setattr(log, "BATCH", 7)
    hosts: list[HostEntry] = []

    def write() -> None:
        if not hosts:
            with hostsdb.connect(to_url) as storage:
                hosts.append(new_host(storage, 77))

    with pytest.raises(
        StorageError, match="the destination: another process writes to it; stop that process"
    ):
        copy(from_url, to_url, write)
    with hostsdb.connect(to_url) as storage:
        assert whole_log(storage)[-1].aggregate_id == hosts[0].id


def test_a_snapshot_that_differs_stays(fresh: Fresh, filled: Fresh) -> None:
    from_url, to_url = filled("sqlite"), fresh("sqlite")
    copy(from_url, to_url)
    with hostsdb.connect(to_url) as storage:
        id = storage.list_snapshots()[0].snapshot_id or ""
        storage.delete_snapshot(id)
        storage.save_snapshot(Snapshot("", 0, snapshot_id=id))
        done = run("copy", from_url, to_url, exit_code=1)
        assert f"snapshot {id} differs from the source's; delete it there" in done.stderr
        assert storage.get_snapshot(id).hosts_content == ""


@pytest.mark.parametrize("engine", ENGINES)
def test_one_database_is_not_copied_into_itself(engine: str, filled: Fresh, tmp_path: Path) -> None:
    url = filled(engine)
    other = url + "?application_name=other" if engine == "postgres" else url.replace("filled0", "link")
    if engine != "postgres":
        Path(other.partition("///")[2]).symlink_to(url.partition("///")[2])
    for to_url in (url, other):
        assert "are the same" in run("copy", url, to_url, exit_code=1).stderr


def test_errors_say_which_side_and_no_password(fresh: Fresh, filled: Fresh, tmp_path: Path) -> None:
    missing = tmp_path / "missing.db"
    done = run("copy", f"sqlite:///{missing}", fresh("sqlite"), exit_code=1)
    assert done.stderr.startswith(f"hostsdb: the source: there is no database {missing}; create it with")
    assert not missing.exists()
    source = filled("sqlite")
    done = run("copy", source, "postgres://me:secret@127.0.0.1:1/hosts?acquire_timeout=0.5", exit_code=1)
    assert done.stderr.startswith("hostsdb: the destination: ") and "secret" not in done.stderr
    done = run("copy", fresh("postgres"), source, exit_code=1)
    assert "the source: there is no hostsdb schema in this PostgreSQL database" in done.stderr
    assert hostsdb_command("rollback", "--to", "5", "--url", source).returncode == 0
    done = run("copy", source, fresh("sqlite"), exit_code=1)
    assert "the source: its schema is not current; run hostsdb init on it first" in done.stderr


# Bytes that a copy may take beside the interpreter and the engines; DuckDB's indexes live in memory.
_MEMORY = 700 * 2**20

_MEASURED = """
import resource, sys
from hostsdb.cli import main
try:
    main()
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def test_the_hosts_of_both_sides_are_read_in_turn(
    fresh: Fresh, filled: Fresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A side that is read to its end first would be in memory as a whole."""
    source, destination = filled("sqlite"), fresh("sqlite")
    copy(source, destination)
    reads: list[str] = []
    ask = Side.run

    def recorded(side: Side, operation: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        if "entries_after" in arguments:
            reads.append(side.name)
        return ask(side, operation, *arguments, **named)

    monkeypatch.setattr(Side, "run", recorded)
    monkeypatch.setattr(log, "BATCH", 1)
    copy(source, destination)
    assert len(reads) > 4
    assert set(zip(reads[::2], reads[1::2], strict=True)) == {("source", "destination")}


@pytest.mark.faults
def test_many_events_take_little_memory(fresh: Fresh) -> None:
    generated = fresh("sqlite")
    copies.generate(generated, hosts=20_000, events_each=10)
    # A ring: each engine is copied from and copied to once.
    for engine in ("postgres", "duckdb", "sqlite"):
        command = [sys.executable, "-c", _MEASURED, "copy", generated, target := fresh(engine)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.stdout.startswith("copied 200000 events"), done.stderr
        assert int(done.stdout.splitlines()[-1]) < _MEMORY
        generated = target
