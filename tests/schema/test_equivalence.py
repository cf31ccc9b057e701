"""Three engines, one behaviour: every history makes the same rows of every view, and those of a plain fold."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings

from tests.schema.histories import FIELDS, NEVER, Event, fold, histories
from tests.schema.raw import Raw, major_version, migrate
from tests.support.examples import examples
from tests.support.postgres_server import PostgresServer, fresh_database

SQL = Path(__file__).parents[2] / "sql"
SQLITE_AT = SQL / "sqlite" / "get_at_time.sql"
DUCKDB_AT = SQL / "duckdb" / "get_at_time.sql"
HISTORY = [
    "event_id",
    "aggregate_id",
    "event_type",
    "event_version",
    "ip_address",
    "hostname",
    "comment",
    "tags",
]
HISTORY += ["aliases", "priority", "event_timestamp", "metadata", "created_at", "created_by"]
HISTORY += ["expected_version"]
MICROSECOND = timedelta(microseconds=1)


@pytest.fixture(scope="module")
def engines(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Raw]]:
    """One database of each engine for all examples; each example is rolled back."""
    folder = tmp_path_factory.mktemp("equivalence")
    with ExitStack() as stack:
        url = stack.enter_context(fresh_database(postgres_server.url))
        raws = [Raw("postgres", url), Raw("duckdb", f"{folder}/duckdb"), Raw("sqlite", f"{folder}/sqlite")]
        for raw in raws:
            stack.enter_context(closing(raw))
            migrate(raw)
        raws[1].run("SET threads = 1")  # a third of the time, for statements of one row
        yield raws


def given_to(raw: Raw, value: Any) -> Any:
    """A value as the driver wants it: SQLite's times are text."""
    if raw.dialect == "sqlite" and isinstance(value, datetime):
        return value.isoformat(" ", "microseconds")
    return value


def taken_from(raw: Raw, row: tuple[Any, ...], times: tuple[int, ...]) -> tuple[Any, ...]:
    """A row with its times as moments in UTC."""

    def moment(value: Any) -> datetime:
        value = datetime.fromisoformat(value) if raw.dialect == "sqlite" else value
        assert value.tzinfo is not None
        return value.astimezone(UTC)  # type: ignore[no-any-return]

    return tuple(moment(value) if place in times else value for place, value in enumerate(row))


def load(raw: Raw, events: list[Event]) -> None:
    for event in events:
        raw.insert_event(**{name: given_to(raw, value) for name, value in event.items()})


def entries(raw: Raw, relation: str) -> list[tuple[Any, ...]]:
    return entries_from(raw, raw.run(f"SELECT * FROM {relation}"))


def entries_from(raw: Raw, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows by their ids, with times as moments in UTC, and the id of the event at first_position."""
    events: dict[int, str] = dict(raw.run("SELECT position, event_id FROM host_events"))
    found = [(*taken_from(raw, row, (7, 8))[:-1], events[row[-1]]) for row in rows]
    return sorted(found, key=lambda row: row[0].encode())


def at(raw: Raw, moment: datetime) -> list[tuple[Any, ...]]:
    if raw.dialect == "sqlite":
        rows = raw.first.execute(SQLITE_AT.read_text("utf-8"), {"moment": given_to(raw, moment)}).fetchall()
    else:
        rows = raw.run("SELECT * FROM host_entries_at(?)", [moment])
    if raw.dialect == "duckdb":
        # The library asks in a faster form.
        faster = raw.run(DUCKDB_AT.read_text("utf-8").replace(":moment", "?"), [moment])
        assert sorted(faster) == sorted(rows)
    return entries_from(raw, rows)


def history(raw: Raw) -> list[tuple[Any, ...]]:
    """The view as it comes: its own order is part of it."""
    rows = raw.run(f"SELECT {', '.join(HISTORY)} FROM host_entries_history")
    return [taken_from(raw, row, (10, 12)) for row in rows]


def expected_history(events: list[Event]) -> list[tuple[Any, ...]]:
    ordered = sorted(events, key=lambda event: (event["aggregate_id"].encode(), event["event_version"]))
    return [
        tuple(event[name] if name != "comment" else event[name] or None for name in HISTORY)
        for event in ordered
    ]


def assert_same_everywhere(raw: Raw, events: list[Event]) -> None:
    load(raw, events)
    assert entries(raw, "host_entries_current") == entries(raw, "host_entries") == fold(events)
    assert history(raw) == expected_history(events)
    stamps = {event["created_at"] for event in events}
    for moment in sorted(
        stamp + step for stamp in stamps for step in (-MICROSECOND, 0 * MICROSECOND, MICROSECOND)
    ):
        assert at(raw, moment) == fold(events, moment), moment
    positions = raw.run("SELECT event_id, position FROM host_entries_history ORDER BY position")
    assert [event_id for event_id, _ in positions] == [event["event_id"] for event in events]


def _event(host: str, event_type: str, version: int, day: int, **columns: Any) -> Event:
    event: Event = dict.fromkeys([*FIELDS, "created_by"])
    event |= {"event_id": f"{host}{version}", "aggregate_id": host, "event_type": event_type}
    event |= {
        "event_version": f"{version:026d}",
        "expected_version": f"{version - 1:026d}" if version > 1 else None,
    }
    moment = datetime(2026, 1, day, tzinfo=UTC)
    return event | {"created_at": moment, "event_timestamp": moment - MICROSECOND, "metadata": "{}"} | columns


CLEARED = [
    _event("a", "HostCreated", 1, 1, ip_address="1", hostname="a", comment="x", tags='["t"]', aliases="[]"),
    _event("a", "CommentUpdated", 2, 2, comment=""),
    _event("a", "TagsModified", 3, 3, tags="[]"),
    _event("a", "PriorityChanged", 4, 4, priority=-5),
    _event("a", "PriorityChanged", 5, 5, priority=0),
]
BACKWARDS = [
    _event("a", "HostCreated", 1, 9, ip_address="1", hostname="a"),
    _event("a", "IpAddressChanged", 2, 5, ip_address="2"),
    _event("b", "HostCreated", 1, 7, ip_address="1", hostname="a"),
    _event("a", "HostDeleted", 3, 1, ip_address="2", hostname="a"),
    _event("c", "HostCreated", 1, 5, ip_address="2", hostname="a", comment=""),
]


@examples(few=5, all=120)
def test_every_engine_makes_the_same_of_every_history(engines: list[Raw], examples: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @example(CLEARED)
    @example(BACKWARDS)
    @given(histories())
    def check(events: list[Event]) -> None:
        for raw in engines:
            raw.run("BEGIN")
            try:
                assert_same_everywhere(raw, events)
            finally:
                raw.run("ROLLBACK")

    check()


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@example(CLEARED)
@example(BACKWARDS)
@given(histories())
def test_postgres_19_has_the_native_view_and_it_equals_the_portable_one(
    engines: list[Raw], events: list[Event]
) -> None:
    postgres = engines[0]
    if major_version(postgres) < 19:
        pytest.skip("the server under test is older than PostgreSQL 19")
    [(definition,)] = postgres.run("SELECT pg_get_viewdef('host_entries_current'::regclass)")
    assert "IGNORE NULLS" in definition
    postgres.run("BEGIN")
    try:
        load(postgres, events)
        portable = entries(postgres, "host_entries_at('infinity')")
        assert entries(postgres, "host_entries_current") == portable == fold(events, NEVER)
    finally:
        postgres.run("ROLLBACK")
