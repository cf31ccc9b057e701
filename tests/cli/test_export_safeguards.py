"""What export does when there is no host to write, when a file cannot be replaced, and when the command fails."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import hostsdb
from hostsdb.cli import atomic, cli
from hostsdb.cli.emptying import WouldBeEmptied
from hostsdb.formats import WRITABLE
from tests.cli.test_watching import awaited, line, running

Export = Callable[..., Result]


@pytest.fixture
def storage(sqlite_url: str):
    with hostsdb.connect(sqlite_url) as storage:
        yield storage


@pytest.fixture
def export(storage: hostsdb.Storage, sqlite_url: str) -> Export:
    def export(*arguments: str | Path) -> Result:
        return CliRunner().invoke(cli, ["export", *map(str, arguments), "--url", sqlite_url])

    return export


def files(folder: Path) -> list[str]:
    """Return the names of the files, without those of the database."""
    return [path.name for path in folder.iterdir() if not path.name.startswith("hosts.db")]


@pytest.mark.parametrize("format", WRITABLE)
def test_no_host_does_not_replace_hosts(
    storage: hostsdb.Storage, export: Export, tmp_path: Path, format: str
) -> None:
    file = tmp_path / "out"
    options = [file, "--format", format]
    if format == "zone":
        options += ["--origin", "lan"]
    assert export(*options).exit_code == 0  # a new file
    assert export(*options).exit_code == 0  # a file without hosts
    host = storage.add_host("10.0.0.1", "nas.lan", tags=["t"])
    assert export(*options).exit_code == 0
    written = file.read_bytes()
    assert isinstance(export(*options, "--tag", "typo").exception, WouldBeEmptied)
    storage.delete_host(host.id)
    kept = export(*options)
    assert kept.exit_code == 1 and str(file) in str(kept.exception) and "--allow-empty" in str(kept.exception)
    assert file.read_bytes() == written
    assert export(*options, "--allow-empty").exit_code == 0
    assert file.read_bytes() != written


def test_no_host_does_not_replace_a_block_with_hosts(export: Export, tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    old = "127.0.0.1 localhost\n# BEGIN lan\n10.0.0.1\tnas.lan\n# END lan\n"
    file.write_text(old)
    assert isinstance(export(file, "--block", "lan").exception, WouldBeEmptied)
    assert isinstance(export(file).exception, WouldBeEmptied)
    assert file.read_text() == old
    assert export(file, "--block", "other").exit_code == 0  # a new block
    assert export(file, "--block", "lan", "--allow-empty").exit_code == 0
    assert file.read_text() == old.replace("10.0.0.1\tnas.lan\n", "") + "# BEGIN other\n# END other\n"


def test_follow_keeps_the_file_reports_it_once_and_waits(
    storage: hostsdb.Storage, sqlite_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "lan.hosts"
    file.write_text("10.0.0.1\tnas.lan\n")
    with running("export", str(file), "--url", sqlite_url, "--follow", "--tag", "lan") as process:
        assert process.stderr is not None
        assert process.stderr.readline() == f"hostsdb: {WouldBeEmptied(str(file))}\n"
        storage.add_host("10.0.0.2", "without.tag")
        storage.add_host("10.0.0.3", "with.tag", tags=["lan"])
        assert line(process) == f"wrote 1 hosts in {file}\n"
        process.terminate()
        assert process.stderr.read() == ""
    assert file.read_text() == "10.0.0.3\twith.tag\n"


def test_in_place_keeps_the_file(storage: hostsdb.Storage, export: Export, tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text("10.0.0.1\tnas.lan\n" * 100)
    inode = file.stat().st_ino
    storage.add_host("10.0.0.1", "nas.lan")
    assert export(file, "--in-place").exit_code == 0
    assert file.read_text() == "10.0.0.1\tnas.lan\n" and file.stat().st_ino == inode
    assert export(file, "--in-place").stdout.startswith("unchanged: 1 hosts")
    missing = export(tmp_path / "missing", "--in-place")
    assert isinstance(missing.exception, FileNotFoundError)
    assert export("--in-place").exit_code == 2
    assert files(tmp_path) == ["hosts"]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EBUSY, errno.ENOSPC])
def test_an_error_names_the_target(
    storage: hostsdb.Storage,
    export: Export,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
) -> None:
    def refuse(source: str, target: str) -> None:
        raise OSError(number, os.strerror(number), source, None, str(target))

    monkeypatch.setattr(os, "replace", refuse)
    error = export(tmp_path / "hosts").exception
    assert isinstance(error, OSError) and error.filename == str(tmp_path / "hosts")
    assert ("--in-place" in str(error)) == (number != errno.ENOSPC)
    assert files(tmp_path) == []


def test_a_folder_that_does_not_exist(sqlite_url: str, tmp_path: Path) -> None:
    hostsdb.connect(sqlite_url).close()
    done = subprocess.run(
        [sys.executable, "-m", "hostsdb", "export", f"{tmp_path}/no/hosts", "--url", sqlite_url],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (1, f"hostsdb: {tmp_path}/no/hosts: No such file or directory\n")


def test_a_folder_that_is_not_written_to_disk_is_reported(
    export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(folder: Path) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(atomic, "_sync_folder", fail)
    command = ["--exec", f"touch {tmp_path}/done"]
    error = export(tmp_path / "hosts", *command).exception
    assert isinstance(error, OSError) and "it is replaced, but its folder" in str(error)
    assert (tmp_path / "hosts").exists() and not (tmp_path / "done").exists()
    assert export(tmp_path / "hosts", *command).stdout.startswith("unchanged")
    assert (tmp_path / "done").exists()


def test_a_command_that_failed_runs_again(storage: hostsdb.Storage, export: Export, tmp_path: Path) -> None:
    file, marker, runs = tmp_path / "hosts", tmp_path / ".hosts.exec-pending", tmp_path / "runs"
    storage.add_host("10.0.0.1", "nas.lan")
    command = ["--exec", f"sh -c 'echo run >> {runs}; test -e {tmp_path}/ok'"]
    for number in (1, 2):
        done = export(file, *command)
        assert done.exit_code == 1 and "sh failed with exit code 1" in done.stderr
        assert runs.read_text() == "run\n" * number and marker.exists()
    (tmp_path / "ok").touch()
    for _ in range(2):
        assert export(file, *command).exit_code == 0
        assert runs.read_text() == "run\n" * 3 and not marker.exists()
    storage.add_host("10.0.0.2", "b")
    assert export(file).exit_code == 0 and not marker.exists()


def test_follow_runs_a_command_that_failed_again(
    storage: hostsdb.Storage, sqlite_url: str, tmp_path: Path
) -> None:
    file, ok = tmp_path / "hosts", tmp_path / "ok"
    storage.add_host("10.0.0.1", "nas.lan")
    command = f"sh -c 'test -e {ok} && touch {tmp_path}/done'"
    with running("export", str(file), "--url", sqlite_url, "--follow", "--exec", command) as process:
        assert process.stderr is not None
        assert re.match("hostsdb: sh failed with exit code 1", process.stderr.readline())
        ok.touch()
        awaited((tmp_path / "done").exists)
        (tmp_path / "done").unlink()
        storage.add_host("10.0.0.2", "b")
        awaited((tmp_path / "done").exists)
