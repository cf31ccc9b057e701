"""Where a password may come from."""

from __future__ import annotations

import stat
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import hostsdb
from hostsdb import InvalidConnectionString, StorageError
from hostsdb.url import parse_url
from tests.conformance.calling import Open
from tests.passwords.secret import SECRET, all_of
from tests.support.command import hostsdb_command
from tests.support.postgres_server import wrong_password


def file_of(tmp_path: Path, content: bytes) -> str:
    path = tmp_path / "url"
    path.write_bytes(content)
    return str(path)


@pytest.mark.parametrize("content", ["{}", "{}\n", "{}\r\n", "\ufeff{}\n", "{}\nanother line\n"])
def test_the_url_comes_from_a_file(content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = "postgres://me:p%20w @h/d"
    monkeypatch.setenv("HOSTSDB_URL_FILE", file_of(tmp_path, content.format(given).encode()))
    assert parse_url() == parse_url(given)
    assert parse_url("sqlite:///other") == parse_url("sqlite:///other")


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "its first line is empty"), (b"\npostgres://h/d", "its first line is empty"), (b"\xff", "not UTF-8")],
)  # fmt: skip
def test_a_file_without_a_url(
    content: bytes, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = file_of(tmp_path, content)
    monkeypatch.setenv("HOSTSDB_URL_FILE", file)
    with pytest.raises(InvalidConnectionString) as caught:
        parse_url()
    assert (
        str(caught.value) == f"HOSTSDB_URL_FILE={file}: {words}; set it to a file whose first line is the URL"
    )


def test_a_file_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSTSDB_URL_FILE", f"{tmp_path}/none")
    with pytest.raises(InvalidConnectionString, match="none: No such file or directory; set it to a file"):
        hostsdb.connect()
    monkeypatch.setenv("HOSTSDB_URL_FILE", str(tmp_path))
    with pytest.raises(InvalidConnectionString, match="Is a directory"):
        hostsdb.connect()


def test_what_is_wrong_in_the_file_is_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for content in (b"hush", b"postgres://me:hush@h:x/d", b"mysql://me:hush@h/d", b"postgres://hush\xff"):
        monkeypatch.setenv("HOSTSDB_URL_FILE", file_of(tmp_path, content))
        with pytest.raises(InvalidConnectionString) as caught:
            hostsdb.connect()
        assert "hush" not in all_of(caught.value)


def test_both_ways_at_once_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSTSDB_URL_FILE", file_of(tmp_path, b"sqlite:///x"))
    monkeypatch.setenv("HOSTSDB_URL", "sqlite:///y")
    with pytest.raises(
        InvalidConnectionString, match="HOSTSDB_URL and HOSTSDB_URL_FILE are both set; unset one"
    ):
        parse_url()


def test_the_command_takes_the_file_too(tmp_path: Path) -> None:
    file = file_of(tmp_path, f"sqlite:///{tmp_path}/hosts.db\n".encode())
    assert hostsdb_command("add", "10.0.0.1", "a", HOSTSDB_URL_FILE=file).returncode == 0
    assert hostsdb_command("export", HOSTSDB_URL_FILE=file).stdout == "10.0.0.1\ta\n"
    assert stat.S_ISREG((tmp_path / "hosts.db").stat().st_mode)
    refused = hostsdb_command("export", HOSTSDB_URL_FILE=f"{tmp_path}/none")
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)
    assert refused.stderr.startswith("hostsdb: HOSTSDB_URL_FILE=")
    both = hostsdb_command("export", HOSTSDB_URL_FILE=file, HOSTSDB_URL="sqlite:///y")
    assert (both.returncode, both.stdout) == (1, "") and "both set" in both.stderr
    given = hostsdb_command(
        "export", "--url", f"sqlite:///{tmp_path}/hosts.db", HOSTSDB_URL_FILE="/none", HOSTSDB_URL="x"
    )
    assert given.stdout == "10.0.0.1\ta\n"


@pytest.mark.parametrize("way", ["PGPASSFILE", "PGPASSWORD"])
def test_the_password_is_left_to_libpq(
    opened: Open, url: str, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong_password(url)  # only where the server asks for one
    parts = urlsplit(url)
    if way == "PGPASSWORD":
        monkeypatch.setenv(way, SECRET)
    else:
        file = tmp_path / "pgpass"
        file.write_text(f"{parts.hostname}:{parts.port}:*:{parts.username}:{SECRET}\n")
        file.chmod(0o600)
        monkeypatch.setenv(way, str(file))
    with opened(without_password(url), initialize=False) as storage:
        storage.health_check()
        assert storage.list_all() == []
    monkeypatch.setenv(way, "/none" if way == "PGPASSFILE" else "wrong")
    with pytest.raises(StorageError, match="password"), opened(without_password(url)):
        pass


def without_password(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.username}@{parts.netloc.rpartition('@')[2]}").geturl()
