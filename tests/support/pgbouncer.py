"""A real PgBouncer in transaction mode before a PostgreSQL server: it hands each transaction to another connection."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import psycopg
import pytest

from tests.support.ports import free_port
from tests.support.postgres_process import as_unprivileged, give_away, temporary_folder

START_SECONDS = 30
STOP_SECONDS = 10
# Connections to the server that each database has, taken in turn: the fewest that are another after a transaction.
POOL_SIZE = 2

NOT_INSTALLED = "PgBouncer is not installed"

# From the URL of a database on the server, the URL of the same database through PgBouncer, with a query of its own.
Through = Callable[..., str]


def pgbouncer_program() -> str:
    """Where PgBouncer is; skips the test where it is not."""
    found = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip(f"{NOT_INSTALLED}; apt-get install pgbouncer")
    return found


@contextmanager
def pgbouncer(server_url: str) -> Iterator[Through]:
    """Run PgBouncer in a temporary folder, and end both at the end.

    Args:
        server_url: the server behind it, any database; its user is the only one let in.

    Raises:
        RuntimeError: it could not be started; with its log.
    """
    program = pgbouncer_program()
    server = _place(server_url)
    port = free_port()

    def through(url: str, query: str = "prepare_threshold=none") -> str:
        user, password, database = (
            quote(text, safe="") for text in (server.user, server.password, _place(url).database)
        )
        return f"postgres://{user}:{password}@127.0.0.1:{port}/{database}" + (query and f"?{query}")

    folder = temporary_folder()
    try:
        _write(folder / "userlist.txt", f"{_listed(server.user)} {_listed(server.password)}\n")
        _write(folder / "pgbouncer.ini", _settings(program, server, folder, port))
        with _running(program, folder, through(server_url, "")):
            yield through
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def take_turns(url: str) -> None:
    """Wait until one client's transactions go to different connections: the second is opened a moment after the first.

    Args:
        url: of a database, through PgBouncer.
    """
    with psycopg.connect(url.partition("?")[0], autocommit=True, prepare_threshold=None) as client:
        deadline = time.monotonic() + START_SECONDS
        seen: set[tuple] = set()
        while len(seen) < POOL_SIZE:
            assert time.monotonic() < deadline, "PgBouncer gives one connection again and again"
            seen |= set(client.execute("SELECT pg_backend_pid()").fetchall())
            time.sleep(0.02)


class _Place(NamedTuple):
    host: str
    port: int
    user: str
    password: str
    database: str


def _place(url: str) -> _Place:
    """Where a URL leads, the environment's defaults included."""
    with psycopg.connect(url) as connection:
        info = connection.info
        return _Place(info.host, info.port, info.user, info.password, info.dbname)


def _write(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o600)
    give_away(path)


def _listed(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def _settings(program: str, server: _Place, folder: Path, port: int) -> str:
    settings = {
        "listen_addr": "127.0.0.1",
        "listen_port": port,
        "unix_socket_dir": "",
        "auth_type": "scram-sha-256" if server.password else "trust",
        "auth_file": folder / "userlist.txt",
        "pool_mode": "transaction",
        "default_pool_size": POOL_SIZE,
        # One client alone would else be given the same connection again and again, and find its session there.
        "min_pool_size": POOL_SIZE,
        "server_round_robin": 1,
        "server_login_retry": 1,  # seconds
    }
    # Later versions follow prepared statements through the pool; what holds without that holds with it.
    if _version(program) >= (1, 21):
        settings["max_prepared_statements"] = 0
    lines = [f"{name} = {value}" for name, value in settings.items()]
    return "\n".join(["[databases]", f"* = host={server.host} port={server.port}", "[pgbouncer]", *lines, ""])


def _version(program: str) -> tuple[int, ...]:
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(map(int, re.findall(r"\d+", version)[:2]))


@contextmanager
def _running(program: str, folder: Path, url: str) -> Iterator[None]:
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [program, str(folder / "pgbouncer.ini")],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for pytest, which then stops it in order
            **as_unprivileged(),
        )
    try:
        _await(process, url, folder / "log")
        yield
    finally:
        process.terminate()  # at once; SIGINT would wait for clients
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_SECONDS)


def _await(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(psycopg.OperationalError), psycopg.connect(url, connect_timeout=2):
            return
        time.sleep(0.02)
    raise RuntimeError(f"PgBouncer did not start:\n{log.read_text()[-2000:]}")
