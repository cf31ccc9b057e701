"""I6: the database refuses what a reader cannot show, the same on every engine, and nothing else."""

from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.schema.contents import TEXTS, TIMES, Case, decision, number_cases, prepare, text_cases, time_cases
from tests.schema.json_contents import json_cases
from tests.schema.json_rules import LISTS, is_allowed
from tests.schema.json_rules import TEXTS as JSON_TEXTS
from tests.schema.raw import ERRORS, Raw, created, refused
from tests.support.examples import examples


def assert_decided(raw: Raw, table: str, cases: Iterable[Case]) -> None:
    """Each row is refused by the constraint that is expected, or accepted and read back."""
    prepare(raw, table)
    faults = [(case, wrong) for case in cases if (wrong := decision(raw, table, case))]
    shown = [
        f"{case.column}={case.value!r:.60}: {case.constraint or 'accept'}: {wrong}" for case, wrong in faults
    ]
    assert not shown, "\n".join(shown)


@pytest.mark.parametrize("table", TEXTS)
def test_text_is_utf8_without_nul_and_within_its_size(raw: Raw, table: str) -> None:
    assert_decided(raw, table, text_cases(table))


@pytest.mark.parametrize("table", TIMES)
def test_times_are_within_the_years_that_every_client_can_show(raw: Raw, table: str) -> None:
    assert_decided(raw, table, time_cases(table))


@pytest.mark.parametrize("table", ["host_events", "snapshots", "consumers"])
def test_numbers_are_within_their_range(raw: Raw, table: str) -> None:
    assert_decided(raw, table, number_cases(table))


def test_tags_aliases_and_metadata_have_what_readers_expect(raw: Raw) -> None:
    assert_decided(raw, "host_events", json_cases())


def test_the_table_of_json_agrees_with_its_reference() -> None:
    for case in json_cases():
        if isinstance(case.value, str) and case.constraint != "host_events_size":
            assert is_allowed(case.column, case.value) == (not case.constraint), case


@examples(few=60, all=400)
def test_every_engine_decides_about_json_as_the_reference(raw: Raw, examples: int) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(column=st.sampled_from([*LISTS, "metadata"]), text=JSON_TEXTS)
    def check(column: str, text: str) -> None:
        decides(raw, column, text)

    check()


def decides(raw: Raw, column: str, text: str) -> None:
    raw.run("BEGIN")
    try:
        raw.insert_event(**created("h") | {column: text})
        is_accepted = True
    except ERRORS:
        is_accepted = False
    finally:
        raw.run("ROLLBACK")
    assert is_accepted == is_allowed(column, text)


CHANGES = [
    ("snapshots", "hosts_content = ?", "a\0b", "snapshots_no_nul"),
    ("snapshots", "name = ?", "x" * 1_001, "snapshots_size"),
    ("snapshots", "created_at = ?", "infinity", "snapshots_time"),
    ("snapshots", "entry_count = ?", -1, "snapshots_entry_count"),
    ("consumers", "name = ?", "x" * 1_001, "consumers_size"),
    ("consumers", "name = ?", "a\0b", "consumers_no_nul"),
    ("consumers", "position = ?", -2, "consumers_position"),
    ("consumers", "updated_at = ?", "infinity", "consumers_time"),
]


@pytest.mark.parametrize(("table", "change", "value", "constraint"), CHANGES)
def test_an_update_meets_the_same_rules(
    raw: Raw, table: str, change: str, value: object, constraint: str
) -> None:
    raw.run(
        "INSERT INTO snapshots (snapshot_id, hosts_content, entry_count, \"trigger\") VALUES ('s', '', 0, 't')"
    )
    raw.run("INSERT INTO consumers (name, position) VALUES ('c', 0)")
    before = raw.rows(table)
    with refused(raw, "" if "\0" in str(value) and raw.dialect == "postgres" else constraint):
        raw.run(f"UPDATE {table} SET {change}", [value])
    assert raw.rows(table) == before


@pytest.mark.parametrize("statement", ["INSERT INTO replica_of (origin) VALUES (?)"])
@pytest.mark.parametrize("value", ["", "a\0b"])
def test_other_tables_refuse_unreadable_text(raw: Raw, statement: str, value: str) -> None:
    with refused(raw):
        raw.run(statement, [value])
    assert raw.rows("replica_of") == []
