"""verify finds damage in host_entries and in the log, on each engine."""

from __future__ import annotations

import random
from contextlib import suppress
from typing import Any

import pytest

import hostsdb
from hostsdb import DuplicateEntry, QueryFailed, Storage
from hostsdb.database.driver import run
from hostsdb.operations.verifying import _WORDS, Fault, verify
from hostsdb.rows import EVENT_COLUMNS
from tests.verifying.damage import faults, fill, forced, rebuild, state, without_constraints


def test_a_random_database_is_sound(url: str) -> None:
    chance = random.Random(4)
    with hostsdb.connect(url) as storage:
        for _ in range(60):
            hosts = storage.list_all()
            with suppress(DuplicateEntry):
                act(storage, chance, hosts)
        assert faults_within(storage) == []
    assert faults(url) == []


def act(storage: Storage, chance: random.Random, hosts: list[hostsdb.HostEntry]) -> None:
    address = f"10.0.0.{chance.randrange(8)}"
    if not hosts or chance.random() < 0.3:
        storage.add_host(address, "a.lan", comment=chance.choice([None, "c"]), tags=("t",))
        return
    host = chance.choice(hosts)
    change: dict[str, Any] = chance.choice(
        [
            {"ip_address": address},
            {"comment": None},
            {"comment": "x"},
            {"tags": ()},
            {"aliases": ("b.lan",)},
            {"priority": chance.randrange(-2, 3)},
            {},
        ]
    )
    if change:
        storage.update_host(host.id, **change)
    else:
        storage.delete_host(host.id)


def faults_within(storage: Storage) -> list[Fault]:
    return run(storage._database.engine, verify)


_COLUMNS = "id, ip_address, hostname, comment, tags, aliases, priority, created_at, updated_at, event_version"
_COLUMNS += ", first_position"
_NUMBERS = ("priority", "first_position")
_COPY = (
    f"INSERT INTO host_entries SELECT 'extra', '9.9.9.9', {_COLUMNS[16:]} FROM host_entries WHERE id = 'h1'"
)
ENTRIES = {
    "entry_missing": ("DELETE FROM host_entries WHERE id = 'h1'", "h1"),
    "entry_extra": (_COPY, "extra"),
    "entry_differs": ("UPDATE host_entries SET comment = NULL, tags = '[\"x\"]' WHERE id = 'h1'", "h1"),
}


@pytest.mark.parametrize("kind", ENTRIES)
def test_a_damaged_entry_is_found_and_repaired(filled: str, kind: str) -> None:
    sound = state(filled)
    damage, host = ENTRIES[kind]
    with forced(filled) as connection:
        connection.execute(damage)
    assert [(fault.kind, fault.id) for fault in faults(filled)] == [(kind, host)]
    assert rebuild(filled) == 10
    assert faults(filled) == []
    assert state(filled) == sound


ULID = f"01J{'0' * 23}"


@pytest.mark.parametrize("column", _COLUMNS.split(", ")[1:])
def test_each_column_is_compared(filled: str, column: str) -> None:
    moment = "'2001-01-01 00:00:00.000000+00:00'"
    with forced(filled) as connection:
        values = {"tags": """'["other"]'""", "aliases": """'["other"]'""", "event_version": f"'{ULID}'"}
        value = (
            moment
            if column.endswith("_at")
            else "77"
            if column in _NUMBERS
            else values.get(column, "'other'")
        )
        connection.execute(f"UPDATE host_entries SET {column} = {value} WHERE id = 'h2'")
    assert faults(filled) == [Fault("entry_differs", "h2", f"differs in host_entries from the log: {column}")]


def test_a_log_with_two_live_hosts_of_one_pair_is_reported_and_not_rebuilt(filled: str) -> None:
    with forced(filled) as connection:
        copy_event(connection, "h1", "HostCreated", aggregate_id="'twin'", event_id="'twin'", position="9999")
        connection.execute("DELETE FROM host_entries WHERE id = 'h2'")
    words = "is live in the log and missing in host_entries"
    assert Fault("entry_missing", "twin", f"{words}; host h1 holds its ip_address and hostname") in faults(
        filled
    )
    before = state(filled)
    with pytest.raises(QueryFailed, match="two live hosts with the same ip_address and hostname"):
        rebuild(filled)
    assert state(filled) == before


def copy_event(connection: Any, host: str, copied: str, **columns: str) -> None:
    """Insert a copy of a host's event with other values in some columns."""
    names = EVENT_COLUMNS
    values = ", ".join(columns.get(name, name) for name in names)
    connection.execute(
        f"INSERT INTO host_events ({', '.join(names)}) SELECT {values} FROM host_events"
        f" WHERE aggregate_id = '{host}' AND event_type = '{copied}'"
    )


LATEST = f"'7{'Z' * 25}'"
FORGED = {"event_id": "'forged'", "event_version": LATEST, "position": "9999"}
NEXT = FORGED | {"expected_version": "event_version"}
TAKEN = {"hostname": "'h2.lan'", "ip_address": "'10.0.0.2'"}
# What is copied, and with which columns.
CHAINS: dict[str, tuple[str, str, dict[str, str]]] = {
    "creation_misplaced": ("h1", "TagsModified", NEXT | {"event_type": "'HostCreated'"}),
    "predecessor_missing": ("h1", "TagsModified", FORGED | {"expected_version": f"'{'0' * 26}'"}),
    "version_not_above": ("h1", "TagsModified", NEXT | {"event_version": f"'{'0' * 26}'"}),
    "follows_deletion": ("gone", "HostDeleted", NEXT | {"event_type": "'CommentUpdated'", "comment": "'x'"}),
    "position_not_above": ("h1", "TagsModified", NEXT | {"position": "-5"}),
    "several_first_events": ("h1", "HostCreated", FORGED),
    "several_successors": ("h1", "TagsModified", FORGED),
    "pair_taken": (
        "h1",
        "HostCreated",
        FORGED | TAKEN | {"aggregate_id": "'h1'", "position": str(2**63 - 2)},
    ),
    "position_repeated": ("h1", "TagsModified", NEXT | {"position": "position"}),
}


@pytest.mark.parametrize("kind", CHAINS)
def test_a_damaged_chain_is_found(filled: str, kind: str) -> None:
    host, copied, columns = CHAINS[kind]
    with forced(filled) as connection:
        without_constraints(connection, filled)
        copy_event(connection, host, copied, **columns)
    found = faults(filled)
    assert (kind, host) in {(fault.kind, fault.id) for fault in found}
    assert {fault.id for fault in found} <= {host, ""}  # DuckDB's log_head sees the forged position


def test_a_wrong_log_head_is_found_and_repaired(current_duckdb_url: str) -> None:
    with hostsdb.connect(current_duckdb_url) as storage:
        fill(storage)
    with forced(current_duckdb_url) as connection:
        connection.execute("UPDATE log_head SET position = 1")
    assert [fault.kind for fault in faults(current_duckdb_url)] == ["log_head_differs"]
    rebuild(current_duckdb_url)
    assert faults(current_duckdb_url) == []


def test_every_kind_of_fault_is_tested() -> None:
    elsewhere = {f"{kind}_unreadable" for kind in ("event", "entry", "snapshot", "consumer")}
    elsewhere |= {"name_missing", "name_extra"}  # tests/dns/test_verify.py
    assert {*ENTRIES, *CHAINS, "log_head_differs"} | elsewhere == set(_WORDS)
