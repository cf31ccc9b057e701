"""I8: a version always has a successor, whatever a client's clock says. A replica takes no events of its own."""

import time

import pytest

from tests.schema.raw import Raw, changed, created, refused, version

DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DAY = 86_400_000
MINUTE = 60_000


def ulid(milliseconds: int, rest: str = "0" * 16) -> str:
    """Return a ULID with a time."""
    return "".join(DIGITS[milliseconds >> shift & 31] for shift in range(45, -1, -5)) + rest


def now() -> int:
    """Return the time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


@pytest.mark.parametrize("ahead", [0, DAY - MINUTE])
def test_a_version_may_be_a_day_ahead(raw: Raw, ahead: int) -> None:
    raw.insert_event(**created("h") | {"event_version": ulid(now() + ahead, "Z" * 16)})
    raw.assert_consistent()


@pytest.mark.parametrize("milliseconds", [DAY + MINUTE, 400 * DAY, 100_000 * DAY])
def test_a_version_more_than_a_day_ahead_is_refused(raw: Raw, milliseconds: int) -> None:
    ahead = ulid(now() + milliseconds)
    raw.insert_event(**created("h"))
    with refused(raw, "host_events_version_time"):
        raw.insert_event(**created("other", ip="10.0.0.2") | {"event_version": ahead})
    with refused(raw, "host_events_version_time"):
        raw.insert_event(**changed("h", "CommentUpdated", 2, comment="x") | {"event_version": ahead})
    assert len(raw.rows("host_events")) == 1


@pytest.mark.parametrize("text", ["7" + "Z" * 25, "02" + "0" * 24])
def test_the_greatest_versions_are_refused(raw: Raw, text: str) -> None:
    with refused(raw, "host_events_version_time"):
        raw.insert_event(**created("h") | {"event_version": text})


def test_a_replica_takes_no_events_of_its_own(raw: Raw) -> None:
    raw.insert_event(**created("h"))
    raw.run("INSERT INTO replica_of (origin) VALUES ('sqlite:///origin.db')")
    with refused(raw, "host_events_replica"):
        raw.insert_event(**created("other", ip="10.0.0.2"))
    with refused(raw, "host_events_replica"):
        raw.insert_event(**changed("h", "CommentUpdated", 2, comment="x"))
    raw.run("DELETE FROM replica_of")
    raw.insert_event(**changed("h", "CommentUpdated", 2, comment="x"))
    raw.assert_consistent()


def test_a_database_is_the_replica_of_one_origin(raw: Raw) -> None:
    raw.run("INSERT INTO replica_of (origin) VALUES ('a')")
    for origin in ("a", "b"):
        with refused(raw):
            raw.run("INSERT INTO replica_of (origin) VALUES (?)", [origin])
    assert [origin for (origin,) in raw.run("SELECT origin FROM replica_of")] == ["a"]


def test_no_migration_is_compatible_yet(raw: Raw) -> None:
    assert raw.rows("compatible_migrations", "migration_id") == []
    assert version(1) < ulid(now())
