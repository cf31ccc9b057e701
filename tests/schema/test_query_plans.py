"""What looks for one host, or goes on from a position, costs the same in a large log: an index finds it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

import hostsdb
from hostsdb import CommentUpdated, HostCreated, HostEntry, HostFilter, Storage
from hostsdb.cli.options import open_url
from hostsdb.database.driver import run, run_on
from hostsdb.database.open import Database
from hostsdb.operations import events, projection, state
from hostsdb.operations.matching import ALL
from hostsdb.operations.reading import Place
from hostsdb.operations.steps import Operation
from hostsdb.sql_files import load
from tests.conformance.samples import PAST
from tests.support.template import Fill, Template

FEW, MANY = 100, 3000
VERSION = "01JD4V0QF8T5Y7Z3M2N1K0P9RX"

FIFTIETH = HostEntry("H50", "10.0.0.0050", "h50", None, (), (), PAST, PAST, VERSION)
OPERATIONS: dict[str, Callable[[], Operation[object]]] = {
    "append a creation": lambda: events.append_event("new", HostCreated("10.0.0.1", "new")),
    "append a change": lambda: events.append_event("H50", CommentUpdated(None, "x"), VERSION),
    "get_by_id": lambda: projection.get_by_id("H50"),
    "find_by_ip_and_hostname": lambda: projection.find_by_ip_and_hostname("10.0.0.0050", "h50"),
    "search by prefix": lambda: projection.search(HostFilter(ip_prefix="10.0.0.005")),
    "search a page": lambda: projection.search(HostFilter(), 10, after=FIFTIETH),
    "events_since": lambda: events.events_since(50, limit=10),
    "watch": lambda: Place(50).next_events(10, ALL),
    "state_token": lambda: state.state_token(),
    "load_events": lambda: events.load_events("H50"),
    "get_current_version": lambda: events.get_current_version("H50"),
}


def fill(storage: Storage, hosts: int) -> None:
    """Add hosts whose ids, names and versions are known."""
    storage.append_batch(
        (
            f"H{number}",
            [hostsdb.EventEnvelope(HostCreated(f"10.0.0.{number:04}", f"h{number}"), event_version=VERSION)],
            None,
        )
        for number in range(hosts)
    )


def few(storage: Storage) -> None:
    fill(storage, FEW)


def many(storage: Storage) -> None:
    fill(storage, MANY)


@pytest.fixture
def copied(templates: Callable[[Fill], Template], tmp_path: Path) -> Iterator[Callable[[str, Fill], str]]:
    """What gives the URL of a new database of an engine, filled by a function."""
    with ExitStack() as stack:
        yield lambda engine, filled: stack.enter_context(
            templates(filled).copied(engine, tmp_path / filled.__name__)
        )


@pytest.mark.parametrize("name", OPERATIONS)
def test_postgres_scans_no_table(copied: Callable[[str, Fill], str], name: str) -> None:
    with open_url(copied("postgres", many)) as database, database.engine.connection() as connection:
        raw = connection.raw
        raw.execute("ANALYZE")
        raw.execute("BEGIN")
        run_on(connection, OPERATIONS[name]())
        scans = raw.execute(
            "SELECT relname, seq_scan, idx_scan FROM pg_stat_xact_user_tables"
            " WHERE relname IN ('host_events', 'host_entries') AND seq_scan + idx_scan > 0"
        ).fetchall()
        raw.execute("ROLLBACK")
    assert scans and all(seq_scan == 0 and idx_scan > 0 for _, seq_scan, idx_scan in scans), scans


@contextmanager
def steps_counted(database: Database) -> Iterator[list[int]]:
    """Count the instructions of SQLite's machine, in tens."""
    steps: list[int] = []
    with database.exclusive() as raw:
        raw.set_progress_handler(lambda: steps.append(1), 10)
    yield steps
    with database.exclusive() as raw:
        raw.set_progress_handler(None, 0)


@pytest.mark.parametrize("name", OPERATIONS)
def test_sqlite_takes_as_many_steps_in_a_large_log(copied: Callable[[str, Fill], str], name: str) -> None:
    counts = []
    for filled in (few, many):
        with open_url(copied("sqlite", filled)) as database, steps_counted(database) as steps:
            run(database.engine, OPERATIONS[name])
        counts.append(len(steps))
    in_few, in_many = counts
    assert in_few > 0 and in_many <= 1.2 * in_few + 2, counts


@pytest.mark.parametrize("name", ["get_by_id", "find_by_ip_and_hostname"])
def test_duckdb_looks_a_host_up_in_an_index(copied: Callable[[str, Fill], str], name: str) -> None:
    given = {
        "get_by_id": {"id": "H50"},
        "find_by_ip_and_hostname": {"ip_address": "10.0.0.0050", "hostname": "h50"},
    }
    with open_url(copied("duckdb", many)) as database, database.exclusive() as raw:
        ((_, plan),) = raw.execute(f"EXPLAIN ANALYZE {load('duckdb', name).text}", given[name]).fetchall()
    assert "Index Scan" in plan and "Sequential" not in plan, plan
