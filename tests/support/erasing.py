"""Erases a host with the bare drivers, as the guards demand it."""

from typing import Any

from tests.schema.raw import Raw

LEAF = "0123456789abcdef" * 4
ERASE = "INSERT INTO erasures (aggregate_id, erased_by, reason) VALUES (?, 'me', 'asked for')"
RECORD = "INSERT INTO erased_events (position, event_id, leaf) VALUES (?, ?, ?)"
DELETE = "DELETE FROM host_events WHERE aggregate_id = ?"


def events(raw: Raw, host: str = "a") -> list[tuple[Any, ...]]:
    return raw.run(
        "SELECT position, event_id FROM host_events WHERE aggregate_id = ? ORDER BY position", [host]
    )


def erase(raw: Raw, host: str) -> None:
    raw.run("BEGIN")
    raw.run(ERASE, [host])
    for position, event_id in events(raw, host):
        raw.run(RECORD, [position, event_id, LEAF])
    raw.run(DELETE, [host])
    raw.run("COMMIT")


def places(raw: Raw) -> list[tuple[Any, ...]]:
    """Give each event's id, with its leaf if it is erased, in the order of the log."""
    return raw.run(
        "SELECT a.event_id, a.leaf FROM ("
        "SELECT event_id, NULL AS leaf, position FROM host_events UNION ALL"
        " SELECT event_id, leaf, position FROM erased_events) AS a ORDER BY a.position"
    )
