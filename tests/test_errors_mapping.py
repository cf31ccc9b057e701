"""What a driver raises reaches the caller as one of ours, in the user's words, with the driver's as its cause."""

import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import duckdb
import psycopg
import pytest

import hostsdb
from hostsdb import ConnectionFailed, HostCreated, InvalidData, QueryFailed, Storage, StorageError
from hostsdb.engines import duckdb as duckdb_engine
from hostsdb.engines import sqlite as sqlite_engine
from hostsdb.engines.postgres_errors import storage_error
from hostsdb.formats import HostRecord
from hostsdb.operations.steps import Load, Rows, Statement
from hostsdb.url import parse_url
from tests.support.postgres_server import PostgresServer, fresh_database


def refused(kind: type[StorageError], words: str, cause: Any, call: Callable[[], Any]) -> None:
    with pytest.raises(kind, match=words) as caught:
        call()
    assert type(caught.value) is kind
    assert isinstance(caught.value.__cause__, cause)
    assert "\n" not in str(caught.value)


def add(storage: Storage) -> None:
    storage.append_event("H1", HostCreated("10.0.0.1", "h"))


@pytest.mark.parametrize("engine", ["postgres_url", "duckdb_url", "sqlite_url"])
def test_a_database_without_the_schema(request: pytest.FixtureRequest, engine: str) -> None:
    url = request.getfixturevalue(engine)
    driver = {"postgres_url": psycopg.Error, "duckdb_url": duckdb.Error, "sqlite_url": sqlite3.Error}[engine]
    with hostsdb.connect(url, initialize=False) as storage:
        for call in (storage.health_check, storage.list_all, storage.create_snapshot, lambda: add(storage)):
            refused(QueryFailed, "hostsdb init", driver, call)


@pytest.mark.parametrize("dialect", ["sqlite", "duckdb"])
def test_files_that_cannot_be_opened(dialect: str, tmp_path: Path) -> None:
    (tmp_path / "text").write_text(
        "this is no database, but long enough to look like a file with a header " * 90
    )
    errors = (sqlite3.Error, duckdb.Error, OSError)
    for path in ("text", "no/such/folder/hosts.db", ""):
        connect = partial(hostsdb.connect, f"{dialect}:///{tmp_path}/{path}")
        refused(ConnectionFailed, str(tmp_path), errors, connect)


def test_a_sqlite_file_that_another_one_writes(
    current_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_engine, "LOCK_TIMEOUT", 0.3)
    with hostsdb.connect(current_sqlite_url) as storage:
        other = sqlite3.connect(current_sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        refused(QueryFailed, "another process has locked", sqlite3.OperationalError, lambda: add(storage))
        other.close()
        add(storage)


def test_a_sqlite_file_that_has_no_room(current_sqlite_url: str) -> None:
    with hostsdb.connect(current_sqlite_url) as storage:
        raw = storage._database.engine._connection.raw  # type: ignore[attr-defined]
        raw.execute(f"PRAGMA max_page_count = {raw.execute('PRAGMA page_count').fetchone()[0]}")
        many = [(f"{n}", [HostCreated(f"{n}", "h" * 500)], None) for n in range(1000)]
        refused(QueryFailed, "full", sqlite3.OperationalError, lambda: storage.append_batch(many))
        assert storage.list_all() == []


def test_a_duckdb_file_that_another_process_has_open(
    duckdb_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duckdb_engine, "LOCK_TIMEOUT", 0.2)
    program = (
        f"import duckdb, sys; c = duckdb.connect({duckdb_url[10:]!r}); print(flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        refused(ConnectionFailed, "another process", duckdb.Error, lambda: hostsdb.connect(duckdb_url))
        other.communicate()
    hostsdb.connect(duckdb_url).close()


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("import_hosts", r"lacks memory, nothing .* stored .*\); repeat it"),
        (
            "commit",
            r"lacks memory, nothing .* stored .*\); close the database and connect again, then repeat it",
        ),
    ],
)
def test_duckdb_lacks_memory(
    current_duckdb_url: str, monkeypatch: pytest.MonkeyPatch, at: str, words: str
) -> None:
    perform = duckdb_engine.DuckDBConnection.perform

    def perform_with_less(self: duckdb_engine.DuckDBConnection, step: Statement | Load) -> Rows:
        if step.name == at:
            ((used,),) = self.raw.execute("SELECT sum(memory_usage_bytes) FROM duckdb_memory()").fetchall()
            self.raw.execute(f"SET memory_limit = '{used + 300_000}B'")
        return perform(self, step)

    hosts = [HostRecord(n, f"10.0.{n >> 8}.{n & 255}", f"h{n}", (), None) for n in range(5000)]
    path = current_duckdb_url.removeprefix("duckdb:///")
    # With the other connection the import sets no memory limit of its own.
    with hostsdb.connect(current_duckdb_url) as storage, closing(duckdb.connect(path)):
        monkeypatch.setattr(duckdb_engine.DuckDBConnection, "perform", perform_with_less)
        # DuckDB gives a commit that lacks memory the class of a conflict.
        refused(QueryFailed, words, duckdb.Error, lambda: storage.import_hosts(hosts))
        if at == "import_hosts":
            assert storage.list_all() == []
    monkeypatch.undo()
    with hostsdb.connect(current_duckdb_url) as storage:
        assert storage.list_all() == [] and storage.events_since(-1) == []
        assert storage.import_hosts(hosts).added == len(hosts)


def test_duckdb_invalidates_the_database(current_duckdb_url: str) -> None:
    with hostsdb.connect(current_duckdb_url) as storage:
        storage.add_host("10.0.0.1", "a")
        with duckdb.connect(current_duckdb_url[10:]) as same_database:
            same_database.execute("SET GLOBAL checkpoint_threshold = '1KB'")
        with no_file_may_grow():
            # The checkpoint at the commit fails. Whether the commit itself is stored depends on DuckDB.
            refused(ConnectionFailed, "look whether", duckdb.FatalException, partial(add, storage))
        refused(ConnectionFailed, "nothing .* connect again", duckdb.FatalException, storage.list_all)
        refused(ConnectionFailed, "nothing .* connect again", duckdb.FatalException, partial(add, storage))
    with hostsdb.connect(current_duckdb_url) as storage:
        storage.add_host("10.0.0.2", "b")
        assert {"a", "b"} <= {host.hostname for host in storage.list_all()}


@contextmanager
def no_file_may_grow() -> Iterator[None]:
    """Make the system refuse every write to a file, of this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture(scope="module")
def shared_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A PostgreSQL database with the schema, and nothing in it."""
    with fresh_database(postgres_server.url) as url:
        hostsdb.connect(url).close()
        yield url


def with_options(url: str, options: str, acquire_timeout: int = 30) -> Storage:
    parameters = {"options": options, "acquire_timeout": acquire_timeout}
    return hostsdb.connect(f"{url}?{urlencode(parameters, quote_via=quote)}", initialize=False)


@pytest.mark.parametrize("name", ["statement_timeout", "lock_timeout"])
def test_postgres_ends_a_statement_that_waits(shared_url: str, name: str) -> None:
    with with_options(shared_url, f"-c {name}=200") as storage, psycopg.connect(shared_url) as locker:
        locker.execute("LOCK TABLE host_events IN EXCLUSIVE MODE")
        refused(QueryFailed, name.replace("_", " "), psycopg.Error, lambda: add(storage))
        assert storage.list_all() == []


def test_a_write_waits_for_a_server_that_is_not_read_only(shared_url: str) -> None:
    with with_options(shared_url, "-c default_transaction_read_only=on", acquire_timeout=1) as storage:
        refused(ConnectionFailed, "within 1 s: .* is read-only", Exception, lambda: add(storage))
        assert storage.list_all() == []


def test_postgres_refuses_a_role_without_rights(shared_url: str) -> None:
    with psycopg.connect(shared_url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS hostsdb_nobody")
        connection.execute("CREATE ROLE hostsdb_nobody")
    with with_options(shared_url, "-c role=hostsdb_nobody") as storage:
        refused(QueryFailed, "permission denied.*owner", psycopg.Error, lambda: add(storage))
    with psycopg.connect(shared_url, autocommit=True) as connection:
        connection.execute("DROP ROLE hostsdb_nobody")


def test_postgres_reports_a_full_queue_and_json_that_is_nested_too_deeply() -> None:
    url = parse_url("postgres://h/d")
    for error, kind, words in (
        (
            psycopg.errors.ProgramLimitExceeded("too many notifications in the NOTIFY queue"),
            QueryFailed,
            "try again",
        ),
        (psycopg.errors.StatementTooComplex("stack depth limit exceeded"), InvalidData, "stack depth"),
        (
            psycopg.errors.LockNotAvailable("canceling statement due to lock timeout"),
            QueryFailed,
            "try again later",
        ),
    ):
        mapped = storage_error(error, url)
        assert type(mapped) is kind and words in str(mapped)


def test_a_constraint_of_the_schema_is_told_with_the_drivers_error(request: pytest.FixtureRequest) -> None:
    for engine, driver in (
        ("postgres_url", psycopg.Error),
        ("duckdb_url", duckdb.Error),
        ("sqlite_url", sqlite3.Error),
    ):
        with hostsdb.connect(request.getfixturevalue(engine)) as storage:
            add(storage)
            refused(hostsdb.ConcurrentWriteConflict, "already exists", driver, lambda: add(storage))
            pair = HostCreated("10.0.0.1", "h")
            refused(hostsdb.DuplicateEntry, "10.0.0.1 h", driver, lambda: storage.append_event("H2", pair))  # noqa: B023
            snapshot = hostsdb.Snapshot("", -1)
            refused(InvalidData, "refuses", driver, lambda: storage.save_snapshot(snapshot))  # noqa: B023
