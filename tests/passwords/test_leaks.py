"""That a password is seen nowhere: in no error, cause, log, repr or list of processes."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
import pytest

from hostsdb import StorageError
from hostsdb.url import parse_url
from tests.conformance.calling import Open
from tests.passwords.secret import ENCODED, SECRET, all_of
from tests.support.command import hostsdb_command
from tests.support.postgres_server import wrong_password

# Pieces that no message may have, however the password was taken apart.
PIECES = ("hush", "50%")


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Everything that anybody logs."""
    for name in (None, "psycopg", "psycopg.pool", "hostsdb", "asyncio"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


@contextmanager
def deaf_server() -> Iterator[int]:
    """A port where somebody listens and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


ME = f"postgres://me:{ENCODED}@"
READ = quote(f"{ME}127.0.0.1:x/d", safe="")
FAULTS = {
    "unknown host": f"{ME}no-such-host.invalid/d?acquire_timeout=0.5",
    "nobody there": f"{ME}127.0.0.1:1/d?acquire_timeout=0.5",
    "several, nobody there": f"{ME}127.0.0.1:1,127.0.0.1:2/d?acquire_timeout=0.5",
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
    "as a parameter": f"postgres://127.0.0.1:1/d?user=me&password={ENCODED}&acquire_timeout=0.5",
    "as a parameter, and another bad": f"postgres://127.0.0.1:1/d?password={ENCODED}&nonsense=hush",
    "no scheme": f"me:{SECRET}@h/d",
    "another scheme": f"mysql://me:{SECRET}@h/d",
}


@pytest.fixture(params=["wrong password", *FAULTS])
def bad_url(request: pytest.FixtureRequest, url: str) -> Iterator[str]:
    if request.param == "wrong password":
        yield wrong_password(url)
        return
    with deaf_server() as deaf:
        yield FAULTS[request.param].format(url=url, deaf=deaf)


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
    done = hostsdb_command("list", HOSTSDB_URL=bad_url)
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
            shown += [engine, engine.pool, engine.pool.get_stats(), list(engine.pool._pool)]
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
    command = [sys.executable, "-m", "hostsdb", "export", f"{tmp_path}/hosts", "--exec", look]
    done = subprocess.run(command, env=os.environ | {"HOSTSDB_URL": url}, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--exec" in seen.read_text()
    assert_unseen(seen.read_text(), done.stdout)
