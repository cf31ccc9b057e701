"""What an attacker may try by the values that are stored, by what the command is given, and by looking at files."""

from __future__ import annotations

import json
import os
import pwd
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import hostsdb
from hostsdb import HostFilter, Storage
from tests.support.broken_files import ENGINES
from tests.support.command import hostsdb_command

HOSTILE = [
    "'; DROP TABLE host_events; --",
    '"; DELETE FROM host_entries; --',
    "%s %(name)s %% $1 :name ? {0} \\' \\",
    "x') OR ('1'='1",
    "$$; SELECT pg_sleep(9); $$",
    "/*",
]


@pytest.fixture(params=[*ENGINES, "postgres"])
def storage(request: pytest.FixtureRequest) -> Iterator[Storage]:
    with hostsdb.connect(request.getfixturevalue(f"current_{request.param}_url")) as storage:
        yield storage


@pytest.mark.parametrize("evil", HOSTILE)
def test_a_value_is_never_a_statement(storage: Storage, evil: str) -> None:
    innocent = storage.add_host("10.0.0.1", "innocent")
    host = storage.add_host("10.0.0.2", "evil", comment=evil, tags=[evil], created_by=evil)
    assert (host.comment, host.tags) == (evil, (evil,))
    storage.append_event(evil, hostsdb.HostCreated(evil, evil, evil, (evil,), (evil,)))
    assert storage.get_by_id(evil).hostname == evil
    assert storage.find_by_ip_and_hostname(evil, evil) == storage.get_by_id(evil)
    assert [x.id for x in storage.search(HostFilter(hostname_pattern=evil))] == [evil]
    assert [x.id for x in storage.search(HostFilter(ip_pattern=evil, tags=(evil,)))] == [evil]
    snapshot = storage.create_snapshot(evil)
    assert storage.list_snapshots()[0].name == evil
    assert snapshot.snapshot_id and storage.get_snapshot(snapshot.snapshot_id) == snapshot
    with storage.consuming(evil, timeout=0) as batch:
        assert batch.events
    storage.delete_host(evil, reason=evil)
    assert storage.load_events(evil)[-1].event == hostsdb.HostDeleted(evil, evil, evil)
    assert storage.list_all() == [innocent, host]


def test_a_script_for_a_dba_has_the_users_name_as_a_literal(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "o'neill :hostname :migration_id\\'; DROP TABLE host_events; --"
    monkeypatch.setenv("LOGNAME", name)
    script = hostsdb_command("sql", "--dialect", "sqlite").stdout
    connection = sqlite3.connect(":memory:")
    connection.executescript(script)
    assert connection.execute("SELECT DISTINCT username FROM _yoyo_log").fetchall() == [(name,)]
    assert connection.execute("SELECT count(*) FROM host_events").fetchone() == (0,)
    connection.close()


# What is given to --exec


RECORD = """#!{python}
import json, sys
json.dump(sys.argv[1:], open({out!r}, "w"))
"""


@pytest.mark.parametrize(
    "metacharacters",
    [
        "; touch {0}; #",
        "$(touch {0}) `touch {0}` $HOME ~",
        "| touch {0} & touch {0} && touch {0} || touch {0}",
        "> {0} 2>{0} < /dev/null",
        "* ? [a-z] {{a,b}} !x",
        "'one argument; touch {0}' \"and $(touch {0}) another\"",
    ],
)
def test_exec_takes_no_shell(tmp_path: Path, current_sqlite_url: str, metacharacters: str) -> None:
    script, out, touched = tmp_path / "record", tmp_path / "arguments", tmp_path / "touched"
    script.write_text(RECORD.format(python=sys.executable, out=str(out)))
    script.chmod(0o700)
    given = metacharacters.format(touched)
    export = [
        "export",
        str(tmp_path / "lan.hosts"),
        "--exec",
        f"{script} {given}",
        "--url",
        current_sqlite_url,
    ]
    with hostsdb.connect(current_sqlite_url) as storage:
        storage.add_host("10.0.0.1", "a")
    done = hostsdb_command(*export, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    arguments = json.loads(out.read_text())
    assert " ".join(arguments) == given.replace("'", "").replace('"', "")
    assert not touched.exists() and arguments != []


# Files


@pytest.mark.parametrize("engine", ENGINES)
def test_a_new_database_and_its_logs_are_their_owners_alone(engine: str, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with hostsdb.connect(f"{engine}:///{tmp_path}/hosts.db") as storage:
            for n in range(3):
                storage.add_host(f"10.0.0.{n}", "a")
                assert modes(tmp_path) == {0o600}
            names = sorted(os.listdir(tmp_path))
            raw = storage._database.engine._connection.raw  # type: ignore[attr-defined]
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)" if engine == "sqlite" else "CHECKPOINT")
            storage.add_host("10.0.1.1", "b")  # begins another log
            assert sorted(os.listdir(tmp_path)) == names
            assert modes(tmp_path) == {0o600}
    finally:
        os.umask(before)
    logs = (
        ["hosts.db", "hosts.db-shm", "hosts.db-wal"] if engine == "sqlite" else ["hosts.db", "hosts.db.wal"]
    )
    assert names == logs


def modes(folder: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


@pytest.mark.parametrize("engine", ENGINES)
def test_who_only_reads_leaves_nothing_behind(engine: str, tmp_path: Path) -> None:
    hostsdb.connect(f"{engine}:///{tmp_path}/hosts.db").close()
    with hostsdb.connect(f"{engine}:///{tmp_path}/hosts.db") as storage:
        assert not storage.list_all() and not storage.events_since(-1)
    assert os.listdir(tmp_path) == ["hosts.db"]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_database_that_others_may_read_stays_so(engine: str, tmp_path: Path) -> None:
    url = f"{engine}:///{tmp_path}/hosts.db"
    hostsdb.connect(url).close()
    (tmp_path / "hosts.db").chmod(0o640)
    with hostsdb.connect(url) as storage:
        storage.add_host("10.0.0.1", "a")
        assert modes(tmp_path) == {0o640}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_link_to_a_new_database_is_followed(engine: str, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there" / "hosts.db")
    with hostsdb.connect(f"{engine}:///{tmp_path}/link") as storage:
        storage.add_host("10.0.0.1", "a")
        assert modes(tmp_path / "there") == {0o600}
        assert sorted(os.listdir(tmp_path)) == ["link", "there"]


def test_an_exported_file_has_the_owner_and_the_mode_of_what_it_replaces(
    tmp_path: Path, current_sqlite_url: str
) -> None:
    file = tmp_path / "lan.hosts"
    file.write_text("old\n")
    file.chmod(0o640)
    owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    os.chown(file, owner.pw_uid, owner.pw_gid)
    with hostsdb.connect(current_sqlite_url) as storage:
        storage.add_host("10.0.0.1", "a")
    assert hostsdb_command("export", file, "--url", current_sqlite_url).returncode == 0
    now = file.stat()
    assert file.read_text() == "10.0.0.1\ta\n"
    assert (now.st_uid, now.st_gid, stat.S_IMODE(now.st_mode)) == (owner.pw_uid, owner.pw_gid, 0o640)


def test_the_commands_csv_is_safe_unless_it_is_asked_for_plain_cells(
    tmp_path: Path, current_sqlite_url: str
) -> None:
    with hostsdb.connect(current_sqlite_url) as storage:
        for n, comment in enumerate(["=1+1", "\t=1+1", "\r=1+1", "＝1+1"]):
            storage.add_host(f"10.0.0.{n}", "a", comment=comment)
    export = [sys.executable, "-m", "hostsdb", "export", "--format", "csv", "--url", current_sqlite_url]
    safe = subprocess.check_output(export).decode()
    plain = subprocess.check_output([*export, "--plain-cells"]).decode()
    for comment in ("=1+1", "\t=1+1", "＝1+1"):
        assert f",a,,'{comment},,0\r\n" in safe and f",a,,{comment},,0\r\n" in plain
    assert ',a,,"\'\r=1+1",,0\r\n' in safe and ',a,,"\r=1+1",,0\r\n' in plain


# What a terminal is shown


def test_nothing_that_is_stored_commands_the_terminal(tmp_path: Path, current_sqlite_url: str) -> None:
    evil = "\x1b]0;evil\x07\x9b31m\x7f"
    file = tmp_path / "hosts"
    file.write_text("10.0.0.1 a # another comment\n")

    def said(*arguments: str) -> str:
        done = hostsdb_command(*arguments, HOSTSDB_URL=current_sqlite_url, LOGNAME=f"me{evil}")
        return done.stdout + done.stderr

    said("init")
    with hostsdb.connect(current_sqlite_url) as storage:
        host = storage.add_host("10.0.0.1", "a", comment=evil, tags=[evil], created_by=evil)
        storage.create_snapshot(evil)
        storage.append_event(f"{evil}1", hostsdb.HostCreated(evil, evil, evil, (evil,), (evil,)))
    commands: list[list[str]] = [
        ["list"],
        ["get", "a"],
        ["get", evil],
        ["history", host.id],
        ["tags"],
        ["status"],
    ]
    commands += [["import", str(file), "--replace", "--dry-run"], ["snapshot", "list"], ["verify"], ["check"]]
    commands += [["snapshot", "restore", "none"], ["update", "a", "--set-ip", evil], ["delete", f"{evil}1"]]
    commands += [["export"], ["export", "--format", "unbound"], ["export", "--format", "dnsmasq"]]
    for arguments in commands:
        text = said(*arguments)
        assert text and not set(text) & set(evil) - set("0;evil31m]"), arguments
