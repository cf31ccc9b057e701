"""verify replays the log in the order of position: histories of moving hosts are sound, and disorder is reported."""

from __future__ import annotations

from pathlib import Path

import pytest

import hostsdb
from hostsdb import HostCreated, HostDeleted, HostEntry, IpAddressChanged
from hostsdb.copying import copy_database, open_sides
from hostsdb.operations.generations import number_generations
from tests.support.copies import assert_same, wander
from tests.verifying.damage import faults, forced

pytestmark = pytest.mark.faults  # takes minutes


# Random histories for each engine. DuckDB takes ten times as long for an event.
HISTORIES = {"postgres": 200, "sqlite": 200, "duckdb": 40}


def test_histories_of_moving_hosts_are_sound(url: str, engine: str, tmp_path: Path) -> None:
    with hostsdb.connect(url) as storage:
        for seed in range(HISTORIES[engine]):
            wander(storage, 5, seed)
            storage.append_batch([_deletion(host) for host in storage.list_all()])
    assert faults(url) == []
    for other in ("sqlite", "duckdb"):
        copy = f"{other}:///{tmp_path}/copy.{other}"
        with open_sides(url, copy) as (source, destination):
            copy_database(source, destination, lambda what, done, total: None)
        assert faults(copy) == []
        assert_same(url, copy)


def _deletion(host: HostEntry) -> tuple[str, list[HostDeleted], str]:
    return host.id, [HostDeleted(host.ip_address, host.hostname)], host.event_version


def test_disorder_is_reported_by_position_and_id(url: str) -> None:
    """One host leaves a pair before another one takes it; then the two events exchange their positions."""
    with hostsdb.connect(url) as storage:
        first = storage.append_event("a", HostCreated("10.0.0.1", "n"))
        leaves = storage.append_event("a", IpAddressChanged("10.0.0.1", "10.0.0.2"), first.event_version)
        takes = storage.append_event("b", HostCreated("10.0.0.1", "n"))
    assert faults(url) == []
    with forced(url) as connection:
        for event, position in ((takes, -5), (leaves, takes.position), (takes, leaves.position)):
            connection.execute(
                f"UPDATE host_events SET position = {position} WHERE event_id = '{event.event_id}'"
            )
    found = [fault for fault in faults(url) if fault.kind == "pair_taken"]
    words = "takes the ip_address and hostname of another live host"
    assert [(fault.id, fault.words) for fault in found] == [
        ("b", f"{takes.event_id} at position {leaves.position} {words}")
    ]


def test_generations_keep_the_order_of_a_pair() -> None:
    steps = [
        ("a", "HostCreated", "1", "n"),
        ("b", "HostCreated", "2", "n"),
        ("a", "CommentUpdated", None, None),
        ("c", "HostDeleted", "3", "n"),
        ("b", "IpAddressChanged", "3", None),
        ("d", "HostCreated", "2", "n"),
    ]
    assert number_generations(steps, {"c": ("3", "n")}) == [0, 0, 1, 0, 1, 2]
    # The pair is taken before it is free: the engine must see it that way.
    taken = [("b", "HostCreated", "3", "n"), ("c", "HostDeleted", "3", "n")]
    assert number_generations(taken, {"c": ("3", "n")}) == [0, 1]
