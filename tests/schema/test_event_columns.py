"""I2: an event has the columns of its type, and a version that is a ULID. For their contents see test_content.py."""

from typing import Any

import pytest

from tests.schema.raw import Raw, changed, created, refused, version

NULL = None
FIRST = created("new")

NOT_ULIDS = [
    "",
    "1",
    version(1).lower(),
    version(1)[:-1],
    version(1) + "0",
    "8" + "0" * 25,
    " " + version(1)[1:],
]
NOT_ULIDS += [version(1)[:-1] + letter for letter in "ILOU-é\n"] + [
    version(1) + "\n",
    "é" * 13,
    "0" * 25 + "a",
]


@pytest.mark.parametrize("text", NOT_ULIDS)
def test_a_version_is_a_ulid_in_its_one_form(raw: Raw, text: str) -> None:
    with refused(raw, "host_events_version_is_ulid"):
        raw.insert_event(**FIRST | {"event_version": text})


def test_the_least_ulid_and_the_greatest_of_a_moment_are_versions(raw: Raw) -> None:
    raw.insert_event(**FIRST | {"event_version": "0" * 26})
    greatest = {"expected_version": "0" * 26, "event_version": "0" * 10 + "Z" * 16}
    raw.insert_event(**changed("new", "CommentUpdated", 2, comment="x") | greatest)
    raw.assert_consistent()


VALUES: dict[str, Any] = {
    "ip_address": "10.0.0.7",
    "hostname": "h",
    "comment": "c",
    "tags": "[]",
    "aliases": '["x"]',
    "priority": 7,
}
SETS = {
    "IpAddressChanged": {"ip_address"},
    "HostnameChanged": {"hostname"},
    "CommentUpdated": {"comment"},
    "TagsModified": {"tags"},
    "AliasesModified": {"aliases"},
    "PriorityChanged": {"priority"},
    "HostDeleted": {"ip_address", "hostname"},
}
WRONG = [(kind, frozenset(sets - {gone})) for kind, sets in SETS.items() for gone in sets]
WRONG += [(kind, frozenset(sets | {more})) for kind, sets in SETS.items() for more in VALUES.keys() - sets]
WRONG += [
    ("Renamed", frozenset({"hostname"})),
    ("", frozenset()),
    ("hostdeleted", frozenset(SETS["HostDeleted"])),
]


@pytest.mark.parametrize(("event_type", "columns"), sorted(WRONG, key=str))
def test_a_type_brings_its_columns_and_no_other(raw: Raw, event_type: str, columns: frozenset[str]) -> None:
    raw.insert_event(**created("a"))
    with refused(raw, "host_events_columns"):
        raw.insert_event(**changed("a", event_type, 2, **{name: VALUES[name] for name in sorted(columns)}))


@pytest.mark.parametrize("event_type", SETS)
def test_a_type_with_its_columns_is_taken(raw: Raw, event_type: str) -> None:
    raw.insert_event(**created("a"))
    raw.insert_event(
        **changed("a", event_type, 2, **{name: VALUES[name] for name in sorted(SETS[event_type])})
    )
    raw.assert_consistent()


@pytest.mark.parametrize("column", ["ip_address", "hostname"])
def test_a_creation_has_a_pair(raw: Raw, column: str) -> None:
    with refused(raw, "host_events_columns"):
        raw.insert_event(**FIRST | {column: NULL})


@pytest.mark.parametrize("column", ["event_id", "aggregate_id", "event_type", "event_version", "metadata"])
def test_what_must_be_there_is_not_null(raw: Raw, column: str) -> None:
    with refused(raw):
        raw.insert_event(**FIRST | {column: NULL})


@pytest.mark.parametrize("column", ["event_id", "aggregate_id", "ip_address", "hostname"])
def test_what_must_be_there_is_not_empty(raw: Raw, column: str) -> None:
    with refused(raw, "host_events_not_empty"):
        raw.insert_event(**FIRST | {column: ""})


@pytest.mark.parametrize("column", ["event_version", "expected_version"])
def test_nul_characters_in_versions_are_refused(raw: Raw, column: str) -> None:
    with refused(raw):
        raw.insert_event(**FIRST | {column: version(1)[:-1] + "\0"})


# PostgreSQL and DuckDB read each of these as the moment that it is.
NOT_AS_TEXT = [
    "now",
    "12:00",
    "2451545",
    "2026-01-01",
    "2026-01-01T00:00:00+02:00",
    "2026-01-01 00:00:00+02:00",
]
NOT_AS_TEXT += ["2026-01-01 00:00:00.5", "2026-01-01 24:00:00", "2026-02-29 00:00:00", "x" * 19]


@pytest.mark.parametrize("column", ["created_at", "event_timestamp"])
@pytest.mark.parametrize("text", NOT_AS_TEXT)
def test_sqlite_takes_times_only_in_the_form_that_sorts(sqlite: Raw, column: str, text: str) -> None:
    with refused(sqlite):
        sqlite.insert_event(**FIRST | {column: text})
