"""Where a password may come from, and that it is seen nowhere: in no error, cause, log, repr or list of processes."""

from __future__ import annotations

import logging
import os
import socket
import stat
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
import pytest

import hostsdb
from hostsdb import InvalidConnectionString, StorageError
from hostsdb.url import parse_url
from tests.conformance.calling import STYLES, Open
from tests.postgres_server import PostgresServer, fresh_database

SECRET = "hush/hush@50%"
ENCODED = quote(SECRET, safe="")
# Pieces that no message may have, however the password was taken apart.
PIECES = ("hush", "50%")


@pytest.fixture(scope="module")
def url(postgres_server: PostgresServer) -> Iterator[str]:
    """A database with the schema, owned by a role whose password is the secret."""
    role = f"with_a_secret_{os.getpid()}"
    with fresh_database(postgres_server.url) as url, psycopg.connect(url, autocommit=True) as owner:
        owner.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{SECRET}'")
        owner.execute(f"GRANT ALL ON SCHEMA public TO {role}")
        parts = urlsplit(url)
        own = parts._replace(netloc=f"{role}:{ENCODED}@{parts.netloc.rpartition('@')[2]}").geturl()
        try:
            hostsdb.connect(own).close()
            yield own
        finally:
            owner.execute(f"DROP OWNED BY {role}")
            owner.execute(f"DROP ROLE {role}")


@pytest.fixture(params=STYLES)
def opened(request: pytest.FixtureRequest) -> Iterator[Open]:
    with STYLES[request.param]() as opened:
        yield opened


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Everything that anybody logs."""
    for name in (None, "psycopg", "psycopg.pool", "hostsdb", "asyncio"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


def without_password(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.username}@{parts.netloc.rpartition('@')[2]}").geturl()


# Where it comes from


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
    monkeypatch.setenv("HOSTSDB_URL", "")
    assert parse_url() == parse_url(given)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "its first line is empty"), (b"\npostgres://h/d", "its first line is empty"), (b"\xff", "it is not UTF-8")],
)  # fmt: skip
def test_a_file_without_a_url(
    content: bytes, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = file_of(tmp_path, content)
    monkeypatch.setenv("HOSTSDB_URL_FILE", file)
    with pytest.raises(InvalidConnectionString) as caught:
        parse_url()
    assert (
        str(caught.value) == f"HOSTSDB_URL_FILE={file}: {words}; it names a file whose first line is the URL"
    )


def test_a_file_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSTSDB_URL_FILE", f"{tmp_path}/none")
    with pytest.raises(InvalidConnectionString, match="none: No such file or directory; it names a file"):
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
    assert run(["add", "10.0.0.1", "a"], HOSTSDB_URL_FILE=file).returncode == 0
    assert run(["export"], HOSTSDB_URL_FILE=file).stdout == "10.0.0.1\ta\n"
    assert stat.S_ISREG((tmp_path / "hosts.db").stat().st_mode)
    refused = run(["export"], HOSTSDB_URL_FILE=f"{tmp_path}/none")
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)
    assert refused.stderr.startswith("hostsdb: HOSTSDB_URL_FILE=")
    both = run(["export"], HOSTSDB_URL_FILE=file, HOSTSDB_URL="sqlite:///y")
    assert (both.returncode, both.stdout) == (1, "") and "both set" in both.stderr
    given = run(
        ["export", "--url", f"sqlite:///{tmp_path}/hosts.db"], HOSTSDB_URL_FILE="/none", HOSTSDB_URL="x"
    )
    assert given.stdout == "10.0.0.1\ta\n"


def run(arguments: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hostsdb", *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("way", ["PGPASSFILE", "PGPASSWORD"])
def test_the_password_is_left_to_libpq(
    opened: Open, url: str, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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


# That it is seen nowhere


def all_of(error: BaseException) -> str:
    """Return all that is printed of an error: its chain, each one's text and repr; of ours the attributes too."""
    chain: list[BaseException | None] = [error]
    while (last := chain[-1]) is not None:
        chain.append(last.__cause__ or last.__context__)
    words = [f"{x} {x!r} {x.args!r}" for x in chain if x is not None]
    words += [repr(vars(x)) for x in chain if isinstance(x, StorageError)]
    return "\n".join([*words, *traceback.format_exception(error)])


@contextmanager
def deaf_server() -> Iterator[int]:
    """A port where somebody listens and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


ME = f"postgres://me:{ENCODED}@"
READ = quote(f"{ME}127.0.0.1:x/d", safe="")
FAULTS = {
    "wrong password": "{wrong}",
    "unknown host": f"{ME}no-such-host.invalid/d",
    "nobody there": f"{ME}127.0.0.1:1/d",
    "several, nobody there": f"{ME}127.0.0.1:1,127.0.0.1:2/d",
    "no such database": "{url}_none",
    "never an answer": f"{ME}127.0.0.1:{{deaf}}/d?acquire_timeout=1",
    "unknown parameter": f"{ME}h/d?nonsense=1",
    "bad parameter": f"{ME}127.0.0.1:1/d?connect_timeout=x",
    "bad sslmode": f"{ME}127.0.0.1:1/d?sslmode=no",
    "no file of certificates": "{url}?sslmode=verify-full&sslrootcert=/none",
    "no such service": f"{ME}h/d?service=none",
    "bad options": "{url}?options=-c%20nonsense%3D1",
    "bad setting": f"{ME}h/d?max_connections=x",
    "more at least than at most": f"{ME}h/d?min_connections=11",
    "bad port": f"{ME}h:x/d",
    "bad address": f"{ME}[::1/d",
    "bad read_url": f"postgres://h/d?read_url={READ}",
    "read_url of another engine": f"{ME}h/d?read_url=sqlite:///x",
    "not encoded, with /": f"postgres://me:{SECRET}@h/d",
    "not encoded, with ?": "postgres://me:hush?hush@h/d",
    "not encoded, with a setting": "postgres://me:50%/?max_connections=hush@h/d",
    "as a parameter": f"postgres://127.0.0.1:1/d?user=me&password={ENCODED}",
    "as a parameter, and another bad": f"postgres://127.0.0.1:1/d?password={ENCODED}&nonsense=hush",
    "no scheme": f"me:{SECRET}@h/d",
    "another scheme": f"mysql://me:{SECRET}@h/d",
}


@pytest.fixture(params=FAULTS)
def bad_url(request: pytest.FixtureRequest, url: str) -> Iterator[str]:
    parts = urlsplit(url)
    server = parts.netloc.rpartition("@")[2]
    wrong = parts._replace(netloc=f"{parts.username}:{quote('hush', safe='')}@{server}").geturl()
    with deaf_server() as deaf:
        yield FAULTS[request.param].format(url=url, wrong=wrong, deaf=deaf)


def test_no_error_has_the_password(
    opened: Open, bad_url: str, logged: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(StorageError) as caught, opened(bad_url):
        pass
    assert_unseen(all_of(caught.value), logged.text, *capfd.readouterr())


def assert_unseen(*said: str) -> None:
    for piece in (*PIECES, ENCODED):
        for text in said:
            assert piece not in text


def test_no_error_of_the_command_has_the_password(bad_url: str) -> None:
    done = run(["list"], HOSTSDB_URL=bad_url, PYTHONWARNINGS="default", PYTHONASYNCIODEBUG="1")
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert_unseen(done.stdout, done.stderr)


def test_a_standby_with_a_bad_password_is_told_of_nowhere(
    opened: Open, url: str, logged: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    parts = urlsplit(url)
    bad = parts._replace(netloc=f"{parts.username}:hush-hush@{parts.netloc.rpartition('@')[2]}").geturl()
    with opened(url, read_url=f"{bad}?acquire_timeout=0.5", initialize=False) as storage:
        assert storage.list_all() == []
    assert "psycopg" in logged.text
    assert_unseen(logged.text, *capfd.readouterr())


def test_no_object_shows_the_password(opened: Open, url: str, logged: pytest.LogCaptureFixture) -> None:
    with opened(f"{url}?min_connections=2", read_url=url, initialize=False) as storage:
        storage.health_check()
        given: Any = getattr(storage, "_of", storage)
        database = given._database
        shown = [given, database, database.url, database.url.pool, database.url.read, parse_url(url)]
        for engine in (database.engine, database.standby):
            shown += [engine, engine._pool, engine._pool.get_stats(), list(engine._pool._pool)]
        for held in (given, database):
            shown += [vars(held)]
        assert_unseen(*map(repr, shown), *map(str, shown), logged.text)
    with pytest.raises(StorageError) as caught:
        storage.health_check()
    assert_unseen(all_of(caught.value), logged.text)


def test_a_lost_server_does_not_bring_it_out(
    opened: Open, url: str, logged: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    terminate = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s AND pid <> pg_backend_pid()"
    with opened(f"{url}?acquire_timeout=2", initialize=False) as storage:
        storage.health_check()
        with psycopg.connect(url, autocommit=True) as other:
            other.execute(terminate, (urlsplit(url).username,))
        storage.health_check()
    assert logged.text
    assert_unseen(logged.text, *capfd.readouterr())


def test_no_process_that_is_started_has_it_in_its_arguments(url: str, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    look = f"sh -c 'cat /proc/$$/cmdline /proc/$PPID/cmdline > {seen}'"
    done = run(["export", f"{tmp_path}/hosts", "--exec", look], HOSTSDB_URL=url)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--exec" in seen.read_text()
    assert_unseen(seen.read_text(), done.stdout)
