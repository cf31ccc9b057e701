"""docs/analysis.md, run as it is written, where the packages are installed."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import hostsdb
from tests.support.command import hostsdb_command
from tests.test_docs import groups, python_blocks, run

PAGE = "analysis.md"
NEEDS = {"pandas": ["pandas"], "polars": ["polars"]}


@pytest.fixture
def folder(current_sqlite_url: str, current_duckdb_url: str, tmp_path: Path) -> Path:
    """A folder with the databases and the export of the page, with the same hosts."""
    for url in (current_sqlite_url, current_duckdb_url):
        with hostsdb.connect(url) as storage:
            host = storage.add_host(
                "10.0.0.1", "nas.lan", tags=["lan", "disks"], comment="old", created_by="me"
            )
            storage.update_host(host.id, ip_address="10.0.0.2", comment=None, created_by="you")
            gone = storage.add_host("10.0.0.3", "gone.lan")
            storage.delete_host(gone.id)
    done = hostsdb_command("log", "log.parquet", cwd=tmp_path, HOSTSDB_URL=current_sqlite_url)
    assert done.returncode == 0, done.stderr
    return tmp_path


@pytest.mark.parametrize("name", python_blocks(PAGE))
def test_python(name: str, folder: Path) -> None:
    missing = [package for package in NEEDS.get(name, []) if find_spec(package) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed here")
    command = [sys.executable, "-W", "error", "-c", python_blocks(PAGE)[name]]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    expected = {"duckdb": "10.0.0.1", "travel": "('10.0.0.2', 'nas.lan', None, ['lan', 'disks'], [], 0)"}
    assert expected.get(name, "you" if name != "file" else "nas.lan") in done.stdout
    assert "gone.lan" not in done.stdout or name != "travel"


def test_shell(folder: Path) -> None:
    run("export HOSTSDB_URL=sqlite:///hosts.db\n" + "\n".join(groups(PAGE)["log"]), folder, "/usr/bin:/bin")


def test_datasette(folder: Path) -> None:
    if find_spec("datasette") is None:
        pytest.skip("datasette not installed here")
    function = f'datasette() {{ {shlex.quote(sys.executable)} -m datasette "$@"; }}\n'
    output = run(function + "\n".join(groups(PAGE)["datasette"]), folder, "/usr/bin:/bin")
    assert "nas.lan" in output and "HostDeleted" in output


def test_the_state_at_a_moment_is_that_of_hostsdb(folder: Path) -> None:
    """Time travel in the file gives the hosts of `get_at_time`, after every event."""
    import duckdb

    code = python_blocks(PAGE)["travel"]
    query = re.search(r'"""(.*?)"""', code, re.S)
    assert query
    with hostsdb.connect(f"sqlite:///{folder}/hosts.db") as storage, duckdb.connect() as connection:
        connection.execute(f"SET file_search_path = '{folder}'")
        for stored in storage.events_since(-1):
            moment = stored.created_at
            rows = connection.execute(query[1], [moment]).fetchall()
            hosts = storage.get_at_time(moment)
            assert sorted((row[0], row[1], row[2], tuple(row[3]), tuple(row[4]), row[5]) for row in rows) == [
                (host.ip_address, host.hostname, host.comment, host.tags, host.aliases, host.priority)
                for host in hosts
            ]


def test_a_duckdb_file_is_locked_beside_a_writer(folder: Path) -> None:
    """What the page says about readers and a writer."""
    read = (
        f"import duckdb; duckdb.connect('{folder}/hosts.duckdb', read_only=True).execute('FROM host_entries')"
    )
    with hostsdb.connect(f"duckdb:///{folder}/hosts.duckdb"):
        done = subprocess.run([sys.executable, "-c", read], capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and "Conflicting lock" in done.stderr
        exec(read.replace(", read_only=True", ""), {})  # in the writer's own process
    assert subprocess.run([sys.executable, "-c", read], timeout=60).returncode == 0
