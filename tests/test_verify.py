"""verify finds what was damaged by force, and rebuild mends host_entries, on each engine."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

import hostsdb
from hostsdb import CommentUpdated, DuplicateEntry, QueryFailed, Storage, TagsModified
from hostsdb.connecting import open_database
from hostsdb.driver import run
from hostsdb.operations.verifying import _WORDS, Fault, verify
from hostsdb.rows import EVENT_COLUMNS
from hostsdb.schema import rebuilding
from hostsdb.url import parse_url

ROOT = Path(__file__).parent.parent


@pytest.fixture(params=["postgres", "duckdb", "sqlite"])
def url(request: pytest.FixtureRequest) -> str:
    """A database that is empty, or a file that does not exist yet."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def filled(url: str) -> str:
    """A database of hosts `h0` to `h9`, each with three events, and `gone`, which is deleted."""
    with hostsdb.connect(url) as storage:
        fill(storage)
    return url


def fill(storage: Storage) -> None:
    created = [hostsdb.HostCreated(f"10.0.0.{n}", f"h{n}.lan", "c", ("t",)) for n in range(10)]
    changed: list[hostsdb.HostEvent] = [CommentUpdated("c", "d"), TagsModified(("t",), ())]
    storage.append_batch([(f"h{n}", [event, *changed], None) for n, event in enumerate(created)])
    gone = hostsdb.HostCreated("10.0.0.99", "gone.lan")
    storage.append_events("gone", [gone, hostsdb.HostDeleted("10.0.0.99", "gone.lan")])


def faults(url: str) -> list[Fault]:
    with closing(open_database(parse_url(url))) as database:
        return run(database.engine, verify)


def rebuild(url: str) -> int:
    parsed = parse_url(url)
    with closing(open_database(parsed)) as database, database.exclusive() as connection:
        return rebuilding.rebuild(parsed.dialect, connection, 30)


@contextmanager
def raw(url: str) -> Iterator[Any]:
    """A connection of the engine's driver, in autocommit mode."""
    path = url.partition(":///")[2]
    if url.startswith("postgres"):
        with psycopg.connect(url, autocommit=True) as connection:
            yield connection
    elif url.startswith("duckdb"):
        with duckdb.connect(path) as connection:
            yield connection
    else:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            yield connection


@contextmanager
def forced(url: str) -> Iterator[Any]:
    """The same with no guard in the way, as a superuser, or the owner of a file, can have it. The guards come back."""
    with raw(url) as connection:
        if url.startswith("postgres"):
            connection.execute("SET session_replication_role = replica")
            yield connection
            return
        made = connection.execute(_TRIGGERS["duckdb" if url.startswith("duckdb") else "sqlite"]).fetchall()
        for name, table, _ in made:
            connection.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if url.startswith("duckdb") else ""))
        yield connection
        for _, _, statement in made:
            connection.execute(statement)


_TRIGGERS = {
    "sqlite": "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'",
    "duckdb": "SELECT trigger_name, table_name, sql FROM duckdb_triggers() ORDER BY trigger_name",
}


def state(url: str) -> list[Any]:
    """What rebuild may change, and the guards."""
    with raw(url) as connection:
        rows = connection.execute("SELECT * FROM host_entries ORDER BY id").fetchall()
        if url.startswith("postgres"):
            guards = "SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname"
        else:
            guards = _TRIGGERS["duckdb" if url.startswith("duckdb") else "sqlite"]
        return [rows, sorted(connection.execute(guards).fetchall())]


def test_a_random_database_is_sound(url: str) -> None:
    chance = random.Random(4)
    with hostsdb.connect(url) as storage:
        for _ in range(200):
            hosts = storage.list_all()
            with suppress(DuplicateEntry):
                act(storage, chance, hosts)
        assert faults_within(storage) == []
    assert faults(url) == []


def act(storage: Storage, chance: random.Random, hosts: list[hostsdb.HostEntry]) -> None:
    address = f"10.0.0.{chance.randrange(8)}"
    if not hosts or chance.random() < 0.3:
        storage.add_host(address, "a.lan", comment=chance.choice([None, "c"]), tags=("t",))
        return
    host = chance.choice(hosts)
    change: dict[str, Any] = chance.choice(
        [
            {"ip_address": address},
            {"comment": None},
            {"comment": "x"},
            {"tags": ()},
            {"aliases": ("b.lan",)},
            {},
        ]
    )
    if change:
        storage.update_host(host.id, **change)
    else:
        storage.delete_host(host.id)


def faults_within(storage: Storage) -> list[Fault]:
    return run(storage._database.engine, verify)


_COLUMNS = "id, ip_address, hostname, comment, tags, aliases, created_at, updated_at, event_version"
_COPY = (
    f"INSERT INTO host_entries SELECT 'extra', '9.9.9.9', {_COLUMNS[16:]} FROM host_entries WHERE id = 'h1'"
)
ENTRIES = {
    "entry_missing": ("DELETE FROM host_entries WHERE id = 'h1'", "h1"),
    "entry_extra": (_COPY, "extra"),
    "entry_differs": ("UPDATE host_entries SET comment = NULL, tags = '[\"x\"]' WHERE id = 'h1'", "h1"),
}


@pytest.mark.parametrize("kind", ENTRIES)
def test_a_damaged_entry_is_found_and_mended(filled: str, kind: str) -> None:
    sound = state(filled)
    damage, host = ENTRIES[kind]
    with forced(filled) as connection:
        connection.execute(damage)
    assert [(fault.kind, fault.id) for fault in faults(filled)] == [(kind, host)]
    assert rebuild(filled) == 10
    assert faults(filled) == []
    assert state(filled) == sound


@pytest.mark.parametrize("column", _COLUMNS.split(", ")[1:])
def test_each_column_is_compared(filled: str, column: str) -> None:
    moment = "'2001-01-01 00:00:00.000000+00:00'"
    with forced(filled) as connection:
        value = moment if column.endswith("_at") else "'other'"
        connection.execute(f"UPDATE host_entries SET {column} = {value} WHERE id = 'h2'")
    assert faults(filled) == [Fault("entry_differs", "h2", f"differs in host_entries from the log: {column}")]


def test_a_log_with_two_live_hosts_of_one_pair_is_named_and_not_rebuilt(filled: str) -> None:
    with forced(filled) as connection:
        copy_event(connection, "h1", "HostCreated", aggregate_id="'twin'", event_id="'twin'", position="9999")
        connection.execute("DELETE FROM host_entries WHERE id = 'h2'")
    words = "is live in the log and missing in host_entries"
    assert Fault("entry_missing", "twin", f"{words}; host h1 holds its ip_address and hostname") in faults(
        filled
    )
    before = state(filled)
    with pytest.raises(QueryFailed, match="two live hosts with the same ip_address and hostname"):
        rebuild(filled)
    assert state(filled) == before


def copy_event(connection: Any, host: str, copied: str, **columns: str) -> None:
    """Add a copy of a host's event, with some columns as given."""
    names = EVENT_COLUMNS
    values = ", ".join(columns.get(name, name) for name in names)
    connection.execute(
        f"INSERT INTO host_events ({', '.join(names)}) SELECT {values} FROM host_events"
        f" WHERE aggregate_id = '{host}' AND event_type = '{copied}'"
    )


LATEST = f"'7{'Z' * 25}'"
FORGED = {"event_id": "'forged'", "event_version": LATEST, "position": "9999"}
NEXT = FORGED | {"expected_version": "event_version"}
# What is copied, and with which columns.
CHAINS: dict[str, tuple[str, str, dict[str, str]]] = {
    "creation_misplaced": ("h1", "TagsModified", NEXT | {"event_type": "'HostCreated'"}),
    "predecessor_missing": ("h1", "TagsModified", FORGED | {"expected_version": f"'{'0' * 26}'"}),
    "version_not_above": ("h1", "TagsModified", NEXT | {"event_version": f"'{'0' * 26}'"}),
    "follows_deletion": ("gone", "HostDeleted", NEXT | {"event_type": "'CommentUpdated'", "comment": "'x'"}),
    "position_not_above": ("h1", "TagsModified", NEXT | {"position": "-5"}),
    "several_first_events": ("h1", "HostCreated", FORGED),
    "several_successors": ("h1", "TagsModified", FORGED),
    "position_repeated": ("h1", "TagsModified", NEXT | {"position": "position"}),
}


def without_constraints(connection: Any, url: str) -> None:
    """Take every constraint off the log, so that a forged event can get in."""
    if url.startswith("postgres"):
        ours = "conrelid = 'host_events'::regclass AND contype IN ('p', 'u', 'c', 'f')"
        for (name,) in connection.execute(f"SELECT conname FROM pg_constraint WHERE {ours}").fetchall():
            connection.execute(f"ALTER TABLE host_events DROP CONSTRAINT IF EXISTS {name} CASCADE")
        return
    if url.startswith("sqlite"):
        connection.execute(
            "PRAGMA legacy_alter_table = ON"
        )  # lets the views be without their table for a moment
    connection.execute("CREATE TABLE bare AS SELECT * FROM host_events")
    connection.execute("DROP TABLE host_events")
    connection.execute("ALTER TABLE bare RENAME TO host_events")


@pytest.mark.parametrize("kind", CHAINS)
def test_a_damaged_chain_is_found(filled: str, kind: str) -> None:
    host, copied, columns = CHAINS[kind]
    with forced(filled) as connection:
        without_constraints(connection, filled)
        copy_event(connection, host, copied, **columns)
    found = faults(filled)
    assert (kind, host) in {(fault.kind, fault.id) for fault in found}
    assert {fault.id for fault in found} <= {host, ""}  # DuckDB's log_head sees the forged position


def test_a_wrong_log_head_is_found_and_mended(duckdb_url: str) -> None:
    with hostsdb.connect(duckdb_url) as storage:
        fill(storage)
    with forced(duckdb_url) as connection:
        connection.execute("UPDATE log_head SET position = 1")
    assert [fault.kind for fault in faults(duckdb_url)] == ["log_head_differs"]
    rebuild(duckdb_url)
    assert faults(duckdb_url) == []


def test_every_kind_of_fault_is_tested() -> None:
    assert {*ENTRIES, *CHAINS, "log_head_differs"} == set(_WORDS)


_STOPPED = """
import sys, time
from tests.test_verify import rebuild
from hostsdb.rows import EVENT_COLUMNS
from hostsdb.schema import rebuilding
perform = rebuilding._run
def _run(dialect, connection, name, **parameters):
    if name == "commit" and sys.argv[2] == "end" or name == "rebuild_fill" and sys.argv[2] == "middle":
        print("stopped", flush=True)
        time.sleep(60)
    perform(dialect, connection, name, **parameters)
rebuilding._run = _run
rebuild(sys.argv[1])
"""


@pytest.mark.parametrize("moment", ["middle", "end"])
def test_a_rebuild_that_is_killed_leaves_everything_as_it_was(filled: str, moment: str) -> None:
    with forced(filled) as connection:
        connection.execute("DELETE FROM host_entries WHERE id = 'h1'")
    before = state(filled)
    with subprocess.Popen(
        [sys.executable, "-c", _STOPPED, filled, moment], stdout=subprocess.PIPE, cwd=ROOT
    ) as process:
        assert process.stdout and process.stdout.readline() == b"stopped\n"
        process.send_signal(signal.SIGKILL)
    assert state(filled) == before
    with (
        raw(filled) as connection,
        pytest.raises((psycopg.Error, sqlite3.Error, duckdb.Error), match="refused"),
    ):
        connection.execute("DELETE FROM host_entries")
    assert rebuild(filled) == 10 and faults(filled) == []


@pytest.mark.parametrize("url", ["postgres", "sqlite"], indirect=True)
def test_writers_wait_and_readers_do_not_while_it_is_rebuilt(filled: str) -> None:
    writers = [threading.Thread(target=write, args=(filled, number)) for number in range(3)]
    for writer in writers:
        writer.start()
    seen, rebuilt = [10], 0
    with hostsdb.connect(filled) as reader:
        while rebuilt < 3 or any(writer.is_alive() for writer in writers):
            rebuild(filled)
            rebuilt += 1
            seen.append(len(reader.list_all()))
            assert faults(filled) == []
            time.sleep(0.01)
        assert len(reader.list_all()) == 10 + 3 * 40
    assert seen == sorted(seen)
    assert faults(filled) == []


def write(url: str, number: int) -> None:
    with hostsdb.connect(url) as storage:
        for n in range(40):
            host = storage.add_host(f"10.1.{number}.{n}", "w.lan")
            storage.update_host(host.id, comment="changed")


@pytest.mark.parametrize("url", ["postgres", "sqlite"], indirect=True)
def test_a_writer_that_does_not_end_is_not_waited_for_without_end(filled: str) -> None:
    with raw(filled) as busy:
        busy.execute("BEGIN")
        busy.execute(
            "INSERT INTO snapshots (snapshot_id, hosts_content, entry_count, \"trigger\") VALUES ('s', '', 0, 't')"
        )
        if filled.startswith("postgres"):
            busy.execute("LOCK TABLE host_events IN ROW EXCLUSIVE MODE")
        done = command(filled, "rebuild", "--lock-timeout", "0.2")
        busy.execute("ROLLBACK")
    assert done.returncode == 1
    assert (
        done.stderr == "hostsdb: host_entries stays as it was: writers did not end within 0.2 s; try again\n"
    )


def command(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hostsdb", *arguments],
        env=os.environ | {"HOSTSDB_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
    )


def test_the_commands_say_what_is_wrong_and_mend_it(filled: str) -> None:
    done = command(filled, "verify")
    assert (done.returncode, done.stdout.partition(":")[0], done.stderr) == (0, "sound", "")
    assert command(filled, "verify", "--json").stdout == "[]\n"
    with forced(filled) as connection:
        connection.execute("DELETE FROM host_entries WHERE id = 'h1'")
    done = command(filled, "verify")
    assert (done.returncode, done.stderr) == (4, "")
    assert done.stdout == "h1: is live in the log and missing in host_entries\n"
    (fault,) = json.loads(command(filled, "verify", "--json").stdout)
    assert fault == {
        "kind": "entry_missing",
        "id": "h1",
        "words": "is live in the log and missing in host_entries",
    }
    assert command(filled, "rebuild").stdout == "host_entries has 10 hosts, as the log tells\n"
    assert command(filled, "verify").returncode == 0


def test_a_database_without_the_schema_is_told_to_make_it(url: str) -> None:
    for name in ("verify", "rebuild"):
        done = command(url, name)
        assert (done.returncode, done.stdout) == (1, "")
        assert "run hostsdb init first" in done.stderr and len(done.stderr.splitlines()) == 1
