"""What every test may ask for: a PostgreSQL server for the session, fresh databases on three engines."""

import os
import sqlite3
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, settings

from tests.support import postgres_server as servers
from tests.support.memory import memory_folder
from tests.support.pgbouncer import NOT_INSTALLED
from tests.support.template import Fill, Template

# No test may touch the database that the user works on.
os.environ.pop("HOSTSDB_URL", None)
os.environ.pop("HOSTSDB_URL_FILE", None)

# pytest makes tmp_path here.
if folder := memory_folder():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", folder)

# Hypothesis tries 100 examples by default, which takes minutes here. ARGS="--hypothesis-profile default" tries them.
# No check depends on the speed of the machine.
settings.register_profile("few", max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("few")

_server = pytest.StashKey[servers.PostgresServer | servers.NoPostgresServer]()


@pytest.hookimpl(trylast=True)  # pytest prints the last one's lines first
def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say which engines are tested, and why a better PostgreSQL server was not to be had."""
    server = _start_once(config)
    embedded = f"DuckDB {duckdb.__version__}, SQLite {sqlite3.sqlite_version}"
    if isinstance(server, servers.NoPostgresServer):
        return [f"engines: NO PostgreSQL, the tests that need it fail; {embedded}", str(server)]
    engines = f"engines: PostgreSQL {server.version} ({server.origin}), {embedded}"
    return [engines, *(f"passed over: {failure}" for failure in server.failures)]


@pytest.hookimpl(wrapper=True, tryfirst=True)  # after pytest's own list of skipped tests
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Generator[None, None, None]:
    """Say what did not run without PgBouncer. With xdist, only the controller has a terminal reporter."""
    yield
    skipped = terminalreporter.stats.get("skipped", [])
    missed = sum(NOT_INSTALLED in str(report.longrepr) for report in skipped)
    if missed:
        terminalreporter.write_line(
            f"{NOT_INSTALLED}, so {missed} tests through PgBouncer did not run; to run them: "
            "apt-get install pgbouncer",
            yellow=True,
        )


def _start_once(config: pytest.Config) -> servers.PostgresServer | servers.NoPostgresServer:
    # Each worker process has a server of its own: a transaction of one test hides newer events from all readers of the
    # cluster until it ends, by design, and a test of another worker would wait for it.
    # Not in the fixture: the header of the report comes before any fixture. With -q there is no header.
    if _server not in config.stash:
        stack = ExitStack()
        config.add_cleanup(stack.close)  # also after Ctrl-C
        try:
            config.stash[_server] = stack.enter_context(servers.postgres_server())
        except servers.NoPostgresServer as error:
            config.stash[_server] = error
    return config.stash[_server]


def _started(config: pytest.Config) -> servers.PostgresServer:
    server = _start_once(config)
    if isinstance(server, servers.NoPostgresServer):
        raise server
    return server


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> servers.PostgresServer:
    """The session's PostgreSQL server. Fails, and never skips, where there is none."""
    return _started(pytestconfig)


@pytest.fixture
def postgres_url(postgres_server: servers.PostgresServer) -> Iterator[str]:
    """A fresh, empty PostgreSQL database."""
    with servers.fresh_database(postgres_server.url) as url:
        yield url


@pytest.fixture
def duckdb_url(tmp_path: Path) -> str:
    """A DuckDB file that does not exist yet."""
    return f"duckdb:///{tmp_path}/hosts.duckdb"


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path}/hosts.db"


@pytest.fixture(scope="session")
def templates(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Fill], Template]]:
    """What gives the template with the schema and what a function adds; the same one for the same function."""
    with ExitStack() as stack:

        @cache
        def template(fill: Fill) -> Template:
            return Template(lambda: _started(pytestconfig), tmp_path_factory.mktemp("template"), stack, fill)

        yield template


@pytest.fixture(scope="session")
def migrated(templates: Callable[[Fill], Template]) -> Template:
    """The template with the schema and no rows."""
    return templates(lambda storage: None)


@pytest.fixture
def current_postgres_url(migrated: Template, tmp_path: Path) -> Iterator[str]:
    """A new PostgreSQL database with the schema."""
    with migrated.copied("postgres", tmp_path) as url:
        yield url


@pytest.fixture
def current_duckdb_url(migrated: Template, tmp_path: Path) -> Iterator[str]:
    """A new DuckDB file with the schema."""
    with migrated.copied("duckdb", tmp_path / "hosts.duckdb") as url:
        yield url


@pytest.fixture
def current_sqlite_url(migrated: Template, tmp_path: Path) -> Iterator[str]:
    """A new SQLite file with the schema."""
    with migrated.copied("sqlite", tmp_path / "hosts.db") as url:
        yield url
