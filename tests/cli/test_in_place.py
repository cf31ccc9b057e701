"""export --in-place with real mounts, as in containers: /etc/hosts is a mounted file in a read-only folder."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import hostsdb
from tests.support.command import hostsdb_command

WRITTEN = "10.0.0.1\tnas.lan\n"


def mount(*arguments: str | Path) -> None:
    done = subprocess.run(["mount", *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"this user may not mount here: {done.stderr.strip()}")


@pytest.fixture
def url(sqlite_url: str) -> str:
    with hostsdb.connect(sqlite_url) as storage:
        storage.add_host("10.0.0.1", "nas.lan")
    return sqlite_url


@pytest.fixture
def mounted_file(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """A file, and a mount point in another folder that shows the file."""
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    for file in (outside, inside):
        file.touch()
    mount("--bind", outside, inside)
    yield outside, inside
    subprocess.run(["umount", str(inside)], check=True)


@pytest.fixture
def file_in_a_read_only_folder(tmp_path: Path) -> Iterator[Path]:
    """A file that can be written, mounted over a file of a folder that cannot be written."""
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    folder.mkdir()
    inside = folder / "hosts"
    outside.touch()
    mount("-t", "tmpfs", "none", folder)
    try:
        inside.touch()
        mount("-o", "remount,ro", folder)
        mount("--bind", outside, inside)
        yield inside
        subprocess.run(["umount", str(inside)], check=True)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_mounted_file(url: str, mounted_file: tuple[Path, Path]) -> None:
    outside, inside = mounted_file
    replaced = hostsdb_command("export", str(inside), HOSTSDB_URL=url)
    assert replaced.returncode == 1 and "use --in-place" in replaced.stderr and str(inside) in replaced.stderr
    assert outside.read_text() == ""
    assert hostsdb_command("export", str(inside), "--in-place", HOSTSDB_URL=url).returncode == 0
    assert outside.read_text() == inside.read_text() == WRITTEN
    assert [file.name for file in inside.parent.iterdir() if file.name.startswith(".inside")] == []


def test_a_folder_that_cannot_be_written(url: str, file_in_a_read_only_folder: Path) -> None:
    file = file_in_a_read_only_folder
    replaced = hostsdb_command("export", str(file), HOSTSDB_URL=url)
    assert replaced.returncode == 1 and "use --in-place" in replaced.stderr and str(file) in replaced.stderr
    assert hostsdb_command("export", str(file), "--in-place", HOSTSDB_URL=url).returncode == 0
    assert file.read_text() == WRITTEN
