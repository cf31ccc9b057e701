"""The state of the log in the command status."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from hostsdb.cli.showing import when
from hostsdb.operations.monitoring import Holder, LogStatus


def log_object(status: LogStatus) -> dict[str, Any]:
    """Return the state as an object of JSON, with times as text."""
    return _with_texts(asdict(status))  # type: ignore[no-any-return]


def _with_texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_texts(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_with_texts(each) for each in value]
    return value.isoformat() if isinstance(value, datetime) else value


def log_lines(status: LogStatus) -> Iterator[str]:
    """Yield the state as lines for people."""
    yield f"log      ends at {status.end}" if status.end >= 0 else "log      no events that readers see"
    if status.hidden_events:
        yield f"hidden   {status.hidden_events} events, until older write transactions have ended"
    if status.held_by is not None:
        yield f"held by  {_holder(status.held_by)}"
    for consumer in status.consumers:
        behind = f"{consumer.events_behind} events behind"
        since = f", the oldest from {when(consumer.oldest_unhandled)}" if consumer.oldest_unhandled else ""
        yield f"consumer {consumer.name}  {behind}{since}"
    if status.replica_of is not None:
        since = f" since {when(status.replica_of.since)}" if status.replica_of.since else ""
        yield f"replica  of {status.replica_of.origin}{since}"


def _holder(holder: Holder) -> str:
    session = f"session {holder.pid}" if holder.gid is None else f"prepared transaction {holder.gid}"
    details = {"application": holder.application_name, "database": holder.database, "role": holder.role}
    named = "".join(f", {name} {value}" for name, value in details.items() if value)
    since = f" since {when(holder.since)}" if holder.since else ""
    return f"{session}{named}, {holder.state or 'open'}{since}"
