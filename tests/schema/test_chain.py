"""I2: every host has one chain of events, from its HostCreated to its HostDeleted, whatever statement is sent."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from tests.schema.raw import ERRORS, Raw, changed, created, deleted, refused, version

NULL = None


@pytest.fixture
def chain(raw: Raw) -> Raw:
    """Host a has versions 1 and 2, host b version 1, host gone was deleted."""
    raw.insert_event(**created("a"))
    raw.insert_event(**changed("a", "CommentUpdated", 2, comment="x"))
    raw.insert_event(**created("b"))
    raw.insert_event(**created("gone"))
    raw.insert_event(**deleted("gone", 2))
    return raw


def comment(aggregate_id: str, number: int, **more: Any) -> dict[str, Any]:
    return changed(aggregate_id, "CommentUpdated", number, comment="y") | {"event_id": "new"} | more


BROKEN_LINKS: dict[str, tuple[str, dict[str, Any]]] = {
    "fork": ("host_events_one_successor", comment("a", 3, expected_version=version(1))),
    "second first event": ("host_events_one_successor", created("b", 2)),
    "created after a deletion": ("host_events_one_successor", created("gone", 3)),
    "unknown predecessor": ("host_events_predecessor", comment("a", 9)),
    "unknown host": ("host_events_predecessor", comment("nobody", 2)),
    "predecessor of another host": ("host_events_predecessor", comment("b", 3)),
    "no predecessor": ("host_events_first_creates", comment("nobody", 1, expected_version=NULL)),
    "created with a predecessor": (
        "host_events_first_creates",
        created("b", 3) | {"expected_version": version(1)},
    ),
    "empty predecessor": ("", comment("a", 3, expected_version="")),
    "after the deletion": ("host_events_deleted", comment("gone", 3)),
    "second deletion": ("host_events_deleted", deleted("gone", 3)),
    # These break more than one rule, and each engine checks in an order of its own.
    "version equal": ("", comment("a", 3, event_version=version(2))),
    "version lower": ("", comment("a", 3, event_version="0" * 26)),
    "version lower by a byte": ("", comment("a", 3, event_version=version(2)[:-2] + "01")),
}


@pytest.mark.parametrize("name", BROKEN_LINKS)
def test_a_broken_link_is_refused(chain: Raw, name: str) -> None:
    constraint, columns = BROKEN_LINKS[name]
    before = chain.rows("host_events")
    with refused(chain, constraint):
        chain.insert_event(**columns)
    assert chain.rows("host_events") == before
    chain.assert_consistent()


def test_an_event_and_its_successor_in_one_statement(raw: Raw) -> None:
    run = [created("a"), changed("a", "CommentUpdated", 2, comment="x"), deleted("a", 3), created("b")]
    if raw.dialect == "duckdb":
        with refused(raw, "host_events_deleted"):
            raw.insert_events(run)
        with refused(raw, "host_events_predecessor"):
            raw.insert_events(run[:2])
        assert raw.rows("host_events") == []
    else:
        raw.insert_events(run)
        assert raw.rows("host_entries", "id") == [("b",)]
    raw.assert_consistent()


@pytest.mark.parametrize(
    "run",
    [
        [created("a"), deleted("a", 2), comment("a", 3)],
        [created("a"), comment("a", 2), comment("a", 3, expected_version=version(1), event_id="other")],
        [created("a"), comment("a", 3)],
        [comment("a", 2), created("a")],
        [created("a"), created("a", 2)],
    ],
)
def test_a_broken_chain_in_one_statement_is_refused_whole(raw: Raw, run: list[dict[str, Any]]) -> None:
    with refused(raw):
        raw.insert_events([created("other"), *run])
    assert raw.rows("host_events") == raw.rows("host_entries") == []


@pytest.mark.parametrize("first", [True, False])
def test_of_racing_writers_one_extends_the_chain(raw: Raw, first: bool) -> None:
    writers = 6
    if not first:
        raw.insert_event(**created("a"))
    successors = [comment("a", n + 2, expected_version=version(1)) for n in range(writers)]
    attempts = [created("a", n + 1) for n in range(writers)] if first else successors
    barrier = Barrier(writers)

    def attempt(number: int) -> bool:
        connection = raw.connect()
        barrier.wait()
        try:
            raw.run("BEGIN", on=connection)
            raw.insert_event(on=connection, **attempts[number] | {"event_id": f"e{number}"})
            raw.run("COMMIT", on=connection)
            return True
        except ERRORS:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(writers) as pool:
        assert list(pool.map(attempt, range(writers))).count(True) == 1
    assert len(raw.rows("host_events")) == (1 if first else 2)
    raw.assert_consistent()


@pytest.mark.parametrize("isolation", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
def test_postgres_overlapping_transactions_never_both_extend(postgres: Raw, isolation: str) -> None:
    postgres.insert_event(**created("a"))
    late = postgres.connect()
    postgres.run(f"BEGIN ISOLATION LEVEL {isolation}", on=late)
    postgres.run("SELECT count(*) FROM host_events", on=late)  # its snapshot is older than the winner
    postgres.insert_event(**comment("a", 2))
    with refused(postgres):
        postgres.insert_event(on=late, **comment("a", 3, expected_version=version(1), event_id="late"))
    postgres.run("ROLLBACK", on=late)
    postgres.assert_consistent()
