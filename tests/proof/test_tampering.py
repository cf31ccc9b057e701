"""Whoever can disable the guards can change the log. A checkpoint shows it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

import hostsdb
from hostsdb import Checkpoint
from hostsdb.copying import copy_database, open_sides
from hostsdb.database.driver import run
from hostsdb.database.open import open_database
from hostsdb.operations.log_differences import Difference, log_differences
from hostsdb.operations.proving import FIRST
from hostsdb.proof.leaf import COLUMNS
from hostsdb.url import parse_url
from tests.support.keys import new_key
from tests.verifying.damage import command, forced, without_constraints

# The second event of a host, a CommentUpdated, and values that each of its columns does not have.
EVENT = "aggregate_id = 'h3' AND event_type = 'CommentUpdated'"
OTHER = dict.fromkeys(COLUMNS, "'other'") | {
    "event_type": "'CommentChanged'",
    "event_version": "'01JD4V0QF8T5Y7Z3M2N1K0P9RX'",
    "priority": "7",
    "tags": "'[]'",
    "aliases": "'[]'",
    "event_timestamp": "'2001-01-01 00:00:00.000001+00:00'",
    "metadata": """'{"reason":"x"}'""",
    "created_at": "'2001-01-01 00:00:00.000001+00:00'",
    "expected_version": "NULL",
}


def checkpoint(url: str) -> Checkpoint:
    with hostsdb.connect(url, initialize=False) as storage:
        return storage.checkpoint()


def differences(url: str, earlier: Checkpoint) -> list[Difference]:
    with closing(open_database(parse_url(url))) as database:
        return run(database.engine, lambda: log_differences(earlier))


def test_each_column_of_an_event_is_covered(filled: str) -> None:
    earlier = checkpoint(filled)
    with forced(filled) as connection:
        without_constraints(connection, filled)
        mark = "%s" if filled.startswith("postgres") else "?"
        (position,) = connection.execute(f"SELECT position FROM host_events WHERE {EVENT}").fetchone()
        for column in COLUMNS:
            where = f"position = {position}"
            (before,) = connection.execute(f"SELECT {column} FROM host_events WHERE {where}").fetchone()
            connection.execute(f"UPDATE host_events SET {column} = {OTHER[column]} WHERE {where}")
            assert differences(filled, earlier) == [Difference(FIRST, earlier.subtrees[0].end, 32, 32)], (
                column
            )
            connection.execute(f"UPDATE host_events SET {column} = {mark} WHERE {where}", [before])
    assert differences(filled, earlier) == []


_NAMES = ", ".join(COLUMNS)
# A copy of an event, with another id.
_COPY = f"SELECT 'new', {_NAMES.partition(', ')[2]}, -7 FROM host_events WHERE {EVENT}"
# The change, the place of the subtree in which it is, and the number of events there afterwards.
CHANGES = {
    "removed": (f"DELETE FROM host_events WHERE {EVENT}", 0, 31),
    "removed later": ("DELETE FROM host_events WHERE position = {second}", 1, 3),
    "removed at the end": ("DELETE FROM host_events WHERE position = {last}", 2, 0),
    "added": (f"INSERT INTO host_events ({_NAMES}, position) {_COPY}", 0, 33),
    "moved": ("UPDATE host_events SET position = -7 WHERE position = {second}", 1, 3),
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_event_is_removed_added_or_moved(filled: str, change: str) -> None:
    earlier = checkpoint(filled)
    ends = [subtree.end for subtree in earlier.subtrees]
    assert [subtree.size for subtree in earlier.subtrees] == [32, 4, 1]
    statement, place, count = CHANGES[change]
    with forced(filled) as connection:
        without_constraints(connection, filled)
        connection.execute(statement.format(second=ends[1], last=ends[2]))
    found = differences(filled, earlier)
    after = [FIRST, *ends][place]
    assert Difference(after, ends[place], earlier.subtrees[place].size, count) in found
    assert len(found) == (2 if change == "moved" else 1)


def test_the_events_that_differ_are_named_with_a_copy(filled: str, tmp_path: Path) -> None:
    copy, file = f"sqlite:///{tmp_path}/copy.db", tmp_path / "hosts.checkpoint"
    with open_sides(filled, copy) as sides:
        copy_database(*sides, lambda what, done, total: None)
    assert command(copy, "checkpoint", str(file)).returncode == 0
    done = command(filled, "verify", "--checkpoint", str(file), "--against", copy)
    origin = Checkpoint.parse(file.read_text()).origin
    assert done.stdout.splitlines()[1:] == [f"the log begins with the 37 events of the checkpoint {origin}"]
    assert done.returncode == 0
    with hostsdb.connect(filled) as storage:
        changed, removed = (storage.load_events(host)[1] for host in ("h3", "h5"))
    with forced(filled) as connection:
        connection.execute(f"UPDATE host_events SET comment = 'x', metadata = '{{}}' WHERE {EVENT}")
        without_constraints(connection, filled)
        connection.execute(f"DELETE FROM host_events WHERE position = {removed.position}")
        connection.execute(f"INSERT INTO host_events ({_NAMES}, position) {_COPY}")
    done = command(filled, "verify", "--checkpoint", str(file), "--against", copy)
    assert done.returncode == 4
    lines = [line for line in done.stdout.splitlines() if line.startswith("log: ")]
    assert [line for line in lines if line.startswith("log: event")] == [
        "log: event new at position -7 was added",
        f"log: event {changed.event_id} at position {changed.position} was changed: comment, metadata",
        f"log: event {removed.event_id}, at position {_position(copy, removed.event_id)} of the copy, is missing",
    ]
    assert any("are not those of the checkpoint" in line for line in lines)


def _position(url: str, event_id: str) -> int:
    with hostsdb.connect(url) as storage:
        return next(e.position for e in storage.events_since(-1) if e.event_id == event_id)


def test_a_short_checkpoint_is_enough_to_see_a_change(filled: str) -> None:
    """Of one that was kept on paper: origin, size and root."""
    short = Checkpoint.parse("\n".join(checkpoint(filled).text.split("\n")[:3]) + "\n\n")
    assert differences(filled, short) == []
    with forced(filled) as connection:
        connection.execute(f"UPDATE host_events SET comment = 'x' WHERE {EVENT}")
    (found,) = differences(filled, short)
    assert (found.after, found.expected, found.found) == (FIRST, 37, 37)


def test_the_signature_is_required_with_a_public_key(filled: str, tmp_path: Path) -> None:
    private, public, file = tmp_path / "private", tmp_path / "public", str(tmp_path / "hosts.checkpoint")
    for path, pem in zip((private, public), new_key(), strict=True):
        path.write_bytes(pem)
    verify = ("verify", "--checkpoint", file, "--public-key", str(public))
    assert command(filled, "checkpoint", file).returncode == 0
    done = command(filled, *verify)
    assert (done.returncode, done.stdout) == (1, "") and "has no valid signature of the key" in done.stderr
    (tmp_path / "hosts.checkpoint").unlink()
    assert command(filled, "checkpoint", file, "--key", str(private)).returncode == 0
    assert command(filled, *verify).returncode == 0
    assert command(filled, "verify", "--against", filled).returncode == 2
