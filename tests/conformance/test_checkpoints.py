"""Checkpoints and proofs of inclusion."""

from __future__ import annotations

from datetime import datetime

import pytest

from hostsdb import Checkpoint, Inclusion, InvalidData, NewHost, NotFound, Storage, rows
from hostsdb.operations import proving
from hostsdb.proof.leaf import COLUMNS, encode
from hostsdb.proof.merkle import EMPTY_ROOT, Tree, leaf_hash
from tests.conformance.samples import HOSTILE, new_host, whole_log


def test_an_empty_log(storage: Storage) -> None:
    empty = storage.checkpoint()
    assert (empty.origin, empty.size, empty.root) == ("hostsdb", 0, EMPTY_ROOT)
    new_host(storage)
    assert storage.checkpoint(empty).size == 1


def fill(storage: Storage) -> None:
    """Add 15 events."""
    storage.add_hosts(
        NewHost(f"10.0.0.{number}", f"host{number}.lan", comment=text, tags=(text,), priority=number - 5)
        for number, text in enumerate([*HOSTILE, "x" * 127, "x" * 128])
    )
    host = storage.list_all()[0]
    storage.update_host(host.id, comment=None, created_by=HOSTILE[0])
    storage.delete_host(host.id, reason=HOSTILE[0])


def test_going_on_is_starting_over(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "_PAGES", dict.fromkeys(proving._PAGES, 7))
    earlier = storage.checkpoint()
    for number in range(16):
        new_host(storage, number)
        if number % 5 == 0:
            earlier = storage.checkpoint(earlier, origin=earlier.origin)
            assert earlier.size == number + 1
    whole = storage.checkpoint(origin=earlier.origin)
    assert storage.checkpoint(earlier) == whole
    assert storage.checkpoint(earlier.text) == whole
    assert storage.checkpoint(whole) == whole
    assert whole.position == storage.log_end()
    assert Checkpoint.parse(whole.text) == whole


def test_only_new_events_are_read(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(storage)
    earlier = storage.checkpoint()
    new_host(storage, 99)
    read, extend = [], Tree.extend

    def extended(tree: Tree, ends: list[int], leaves: list[bytes]) -> None:
        read.append(len(leaves))
        extend(tree, ends, leaves)

    monkeypatch.setattr(Tree, "extend", extended)
    later = storage.checkpoint(earlier)
    assert (sum(read), later.size) == (1, earlier.size + 1)


def test_a_checkpoint_of_another_copy_goes_on(storage: Storage) -> None:
    """It has other positions; the leaves are the same."""
    fill(storage)
    whole = storage.checkpoint()
    moved = [s._replace(end=s.end + 5) for s in whole.subtrees]
    elsewhere = Checkpoint.make(whole.origin, tuple(moved), whole.last_leaf)
    assert storage.checkpoint(elsewhere) == whole
    short = "\n".join(whole.text.split("\n")[:3]) + "\n\n"
    new_host(storage, 99)
    assert storage.checkpoint(short) == storage.checkpoint(whole)


def test_another_log_is_refused(storage: Storage) -> None:
    fill(storage)
    tree = Tree()
    tree.extend([1, 2], [b"\0" * 32] * 2)
    other = Checkpoint.make("other", tree.subtrees, b"\0" * 32)
    longer = storage.checkpoint()
    tree = Tree(longer.subtrees)
    tree.extend([2**62], [b"\0" * 32])
    for wrong in (other, Checkpoint.make("longer", tree.subtrees, b"\0" * 32)):
        with pytest.raises(InvalidData, match="does not begin with what the checkpoint covers"):
            storage.checkpoint(wrong)
    with pytest.raises(InvalidData, match="another origin"):
        storage.checkpoint(longer, origin="x")
    with pytest.raises(InvalidData, match="not a checkpoint"):
        storage.checkpoint("x")


def test_an_event_is_proven(storage: Storage) -> None:
    fill(storage)
    checkpoint = storage.checkpoint()
    new_host(storage, 99)
    events = whole_log(storage)
    for index in (0, 5, len(events) - 2):
        event, proof = events[index], storage.prove_event(events[index].event_id, checkpoint)
        assert proof.index == index and proof.holds(checkpoint)
        assert Inclusion.parse(proof.text) == proof
    assert not proof.holds(storage.checkpoint())
    columns = proof.columns
    assert (columns["event_id"], columns["created_by"]) == (event.event_id, event.created_by)
    assert columns["created_at"] == event.created_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert storage.prove_event(events[-1].event_id).holds(storage.checkpoint())
    with pytest.raises(InvalidData, match="newer than the checkpoint"):
        storage.prove_event(events[-1].event_id, checkpoint)
    with pytest.raises(NotFound, match='no event has the id "unknown"'):
        storage.prove_event("unknown")
    with pytest.raises(InvalidData, match="does not begin with"):
        storage.prove_event(events[0].event_id, "x\n2\n" + "A" * 43 + "=\n\n")


def test_the_leaves_are_those_of_the_stored_columns(storage: Storage) -> None:
    """Computed here from what the library returns of each event."""
    fill(storage)
    tree = Tree()
    for event in whole_log(storage):
        columns = rows.event_columns(event.event) | {
            "event_id": event.event_id,
            "aggregate_id": event.aggregate_id,
            "event_version": event.event_version,
            "event_timestamp": _text(event.event_timestamp),
            "created_at": _text(event.created_at),
            "created_by": event.created_by,
            "expected_version": event.expected_version,
        }
        values = [columns.get(name) for name in COLUMNS]
        tree.extend(
            [event.position], [leaf_hash(encode([v if v is None else str(v).encode() for v in values]))]
        )
    assert storage.checkpoint().root == tree.root


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_a_checkpoint_in_a_transaction(storage: Storage) -> None:
    new_host(storage)
    with storage.transaction() as inside:
        checkpoint = inside.checkpoint()
        new_host(inside, 2)
        proof = inside.prove_event(whole_log(inside)[0].event_id)
    assert checkpoint.size == 1 and proof.holds(proof.checkpoint)
