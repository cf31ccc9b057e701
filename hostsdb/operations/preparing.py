"""Events as the columns that are inserted, each with its version and the version before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from hostsdb import rows
from hostsdb.errors import InvalidData
from hostsdb.model import EventEnvelope, HostEntry, HostEvent, StoredEvent
from hostsdb.ulids import checked, new_id, next_version

Appendable = HostEvent | EventEnvelope | StoredEvent

# The columns that are inserted. The database sets the position.
COLUMNS = rows.EVENT_COLUMNS[:-1]
_NULLS: dict[str, Any] = dict.fromkeys(COLUMNS)


def prepare(
    aggregate_id: str,
    events: Iterable[Appendable],
    expected_version: str | None,
    milliseconds: int | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield the events of a host as columns by name. Each follows the event before it.

    Arguments:
        aggregate_id, events, expected_version: as in append_events.
        milliseconds: the time of new versions since 1970; None: the time of this machine.
    Raises:
        InvalidData: an event cannot be stored.
    """
    if not rows.text(aggregate_id):
        raise InvalidData("the id of a host must not be empty")
    if expected_version is not None:
        checked(expected_version)
    expected_given = True
    for event in events:
        given = event if isinstance(event, (EventEnvelope, StoredEvent)) else _Bare(event)
        version = _version(given, expected_version, milliseconds)
        # One literal: three dictionaries and their union take twice as long.
        yield {
            **_NULLS,
            **rows.event_columns(given.event),
            "event": given.event,
            "event_id": _event_id(given),
            "event_id_given": given.event_id is not None,
            "aggregate_id": aggregate_id,
            "event_version": version,
            "event_timestamp": _moment(given.event_timestamp or given.created_at),
            "created_at": _moment(given.created_at),
            "created_by": rows.text(given.created_by),
            "expected_version": expected_version,
            "version_given": given.event_version is not None,
            "expected_given": expected_given,
        }
        expected_version, expected_given = version, given.event_version is not None


def prepare_steps(
    steps: Iterable[tuple[str, HostEvent]],
    current: Iterable[HostEntry],
    created_by: str | None,
    milliseconds: int,
) -> list[dict[str, Any]]:
    """Return events of many hosts as columns by name. Each follows the event before it of the same host.

    Arguments:
        steps: for each event the host's id, and the event.
        current: the entries of the hosts that exist.
        created_by: who changes them.
        milliseconds: the database's time since 1970.
    """
    versions: dict[str, str | None] = {entry.id: entry.event_version for entry in current}
    columns: list[dict[str, Any]] = []
    for host, event in steps:
        columns += prepare(
            host, [EventEnvelope(event, created_by=created_by)], versions.get(host), milliseconds
        )
        versions[host] = columns[-1]["event_version"]
    return columns


class _Bare:
    """An event without an envelope, as one whose fields are None. An EventEnvelope takes five times as long to make."""

    __slots__ = ("event",)
    event_id = event_version = created_at = created_by = event_timestamp = None

    def __init__(self, event: HostEvent) -> None:
        self.event = event


_Given = EventEnvelope | StoredEvent | _Bare


def _moment(given: datetime | None) -> str | None:
    return None if given is None else rows.moment_text(given)


def _event_id(given: _Given) -> str:
    if given.event_id is None:
        return new_id()
    if not rows.text(given.event_id):
        raise InvalidData("an event_id must not be empty")
    return given.event_id


def _version(given: _Given, expected_version: str | None, milliseconds: int | None) -> str:
    if given.event_version is None:
        return next_version(expected_version, milliseconds)
    version = checked(given.event_version)
    if expected_version is not None and version <= expected_version:
        raise InvalidData(f"event_version {version} must be greater than expected_version {expected_version}")
    return version
