"""rebuild is one transaction: a kill changes nothing, and other clients can read and write."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
import time

import duckdb
import psycopg
import pytest

import hostsdb
from tests.verifying.damage import ROOT, command, faults, forced, raw, rebuild, state

_STOPPED = """
import sys, time
from tests.verifying.damage import rebuild
from hostsdb.rows import EVENT_COLUMNS
from hostsdb.schema.session import Session
run = Session.run
def run_or_stop(session, name, **parameters):
    if name == "commit" and sys.argv[2] == "end" or name == "rebuild_fill" and sys.argv[2] == "middle":
        print("stopped", flush=True)
        time.sleep(60)
    return run(session, name, **parameters)
Session.run = run_or_stop
rebuild(sys.argv[1])
"""


@pytest.mark.parametrize("moment", ["middle", "end"])
def test_a_rebuild_that_is_killed_changes_nothing(filled: str, moment: str) -> None:
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


@pytest.mark.parametrize("engine", ["postgres", "sqlite"], indirect=True)
def test_writers_wait_for_a_rebuild_and_readers_do_not(filled: str) -> None:
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


@pytest.mark.parametrize("engine", ["postgres", "sqlite"], indirect=True)
def test_rebuild_waits_for_a_write_transaction_until_its_timeout(filled: str) -> None:
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
        done.stderr
        == "hostsdb: host_entries is unchanged: a write transaction did not end within 0.2 s; try again\n"
    )
